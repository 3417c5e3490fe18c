import { isIP } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ipVersion } from "../../../core/base/ip.ts";

const texts = [
  "", "1.2.3.4", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", "a.b.c.d", "1..2.3",
  "::", "::1", "1::", "fe80::1", "fe80::1%eth0", "fe80::1%", "2001:db8:0:0:0:0:0:1", "2001:DB8::1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9",
  "1::2::3", ":::", ":1", "1:", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8::", "::ffff:1.2.3.4", "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
  "1.2.3.4::", "::1.2.3", "::12345", "::g", "localhost", "1.2.3.4:80", "[::1]",
];

test("an address is told from other text as node:net does", () => {
  for (const text of texts) assert.is(ipVersion(text), isIP(text), JSON.stringify(text));
});

test.run();
