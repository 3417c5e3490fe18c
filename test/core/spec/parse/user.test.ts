import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseUser, parseUserNamespace } from "../../../../core/spec/parse/user.ts";

test("users", () => {
  for (const text of ["root", "1000", "1000:100", "a:b", ":5", "name.with-dots"]) assert.is(parseUser(text), text);
  for (const text of ["", "a:b:c", "a b", "a/b", "4294967295"]) assert.throws(() => parseUser(text), (error: Error) => error.message.includes(`"${text}"`));
});
test("user namespaces", () => {
  assert.equal(parseUserNamespace("host"), { kind: "host" });
  assert.equal(parseUserNamespace("keep-id:uid=5,gid=6"), { kind: "keep-id", uid: 5, gid: 6 });
  assert.equal(parseUserNamespace("keep-id:size=300"), { kind: "keep-id", size: 300 });
  assert.equal(parseUserNamespace("auto"), { kind: "auto", uidMappings: [], gidMappings: [] });
  assert.equal(parseUserNamespace("auto:size=2000,uidmapping=0:1:1,gidmapping=5:@7:2"), { kind: "auto", size: 2000, uidMappings: ["0:1:1"], gidMappings: ["5:@7:2"] });
  assert.equal(parseUserNamespace("ns:/proc/1/ns/user"), { kind: "path", value: "/proc/1/ns/user" });
  assert.equal(parseUserNamespace("container:web"), { kind: "container", value: "web" });
  for (const text of ["auto:size=x", "keep-id:size=", "keep-id:uid=99999999999", "ns:", "ns:relative", "container", "host:x"]) assert.throws(() => parseUserNamespace(text), (error: Error) => error.message.includes(`"${text}"`));
});

test.run();
