import { test } from "uvu";
import * as assert from "uvu/assert";
import { attachmentText, parseAttachment } from "../../../../core/network/user/attachment.ts";

test("options of a network are read, and written as they are read", () => {
  const text = "ip=10.0.0.5,ip6=fd00::5,mac=02:00:00:00:00:01,alias=db,alias=sql,interface_name=data0";
  const attachment = parseAttachment("shop", text);
  assert.equal(attachment, { network: "shop", ip: "10.0.0.5", ip6: "fd00::5", macAddress: "02:00:00:00:00:01", aliases: ["db", "sql"], interfaceName: "data0" });
  assert.is(attachmentText(attachment), `shop:${text}`);
  assert.is(attachmentText(parseAttachment("shop", "")), "shop");
});

for (const wrong of ["ip", "ip=", "ip=x", "ip=fd00::1", "ip6=10.0.0.1", "mac=01:00:00:00:00:01", "mac=zz", "alias=", `alias=${"a".repeat(64)}`, "alias=a b", "alias=a..b", "color=red", "interface_name=a/b"]) {
  test(`"${wrong.slice(0, 30)}" is refused`, () => assert.throws(() => parseAttachment("shop", wrong)));
}

test.run();
