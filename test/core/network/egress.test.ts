import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseEgress } from "../../../core/network/egress.ts";

test("names, domains, addresses and networks are told apart; DENY allows nothing", () => {
  assert.equal(parseEgress(["DENY"]), []);
  assert.equal(parseEgress(["Example.com:443", "*.example.org", "192.0.2.7:22", "198.51.100.77/24", "host.docker.internal:5432"]), [
    { kind: "name", name: "example.com", port: 443 }, { kind: "suffix", name: "example.org", port: 0 },
    { kind: "address", prefix: "192.0.2.7/32", port: 22 }, { kind: "address", prefix: "198.51.100.0/24", port: 0 },
    { kind: "address", prefix: "10.0.2.2/32", port: 5432 },
  ]);
  assert.equal(parseEgress(["2001:db8::1", "[2001:db8::1]:443", "2001:DB8:7::5/48", "[2001:db8:8::/48]:53"]), [
    { kind: "address", prefix: "2001:db8::1/128", port: 0 }, { kind: "address", prefix: "2001:db8::1/128", port: 443 },
    { kind: "address", prefix: "2001:db8:7::/48", port: 0 }, { kind: "address", prefix: "2001:db8:8::/48", port: 53 },
  ]);
});

for (const wrong of ["example.com:0", "example.com:65536", "http://example.com", "a..b", "*", "[fd00::1]:0", "[fd00::1", "fd00::1::2", "exa mple.com", `${"a".repeat(64)}.com`]) {
  test(`"${wrong.slice(0, 24)}" is refused`, () => assert.throws(() => parseEgress([wrong]), /cannot allow/));
}

test.run();
