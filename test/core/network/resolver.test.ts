import { test } from "uvu";
import * as assert from "uvu/assert";
import { applyRequest, formatResolver, needsForwarder, parseResolver, reachableResolver, type Resolver } from "../../../core/network/resolver.ts";

const none = { dns: [], dnsSearch: [], dnsOptions: [] };
const stub = parseResolver("# comment\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch corp.example lan\n");

test("comments, several options lines and the last search line", () => {
  const parsed = parseResolver("; x\nsearch a\nsearch b c # no\noptions ndots:2\noptions rotate\nnameserver 1.1.1.1\nnameserver\nsortlist 1\n");
  assert.equal(parsed, { servers: ["1.1.1.1"], search: ["b", "c"], options: ["ndots:2", "rotate"] });
});
test("servers that can be reached stay, loopback and zones go", () => {
  const host: Resolver = { servers: ["127.0.0.1", "192.168.1.1", "fe80::1%eth0", "2001:db8::53", "::1"], search: ["x"], options: [] };
  assert.equal(reachableResolver(host, undefined, "10.0.2.3").servers, ["192.168.1.1", "2001:db8::53"]);
  assert.is(needsForwarder(host), false);
});
test("a host that resolves through itself is reached by the forwarder, with the servers behind it as a second chance", () => {
  assert.is(needsForwarder(stub), true);
  const made = reachableResolver(stub, parseResolver("nameserver 10.1.1.1\n"), "10.0.2.3");
  assert.is(formatResolver(made), "search corp.example lan\nnameserver 10.0.2.3\nnameserver 10.1.1.1\noptions edns0 trust-ad\n");
});
test("an empty host file gives an empty file", () => {
  assert.is(needsForwarder(parseResolver("")), false);
  assert.is(formatResolver(reachableResolver(parseResolver(""), undefined, undefined)), "");
});
test("what the user says replaces what the host says, part by part", () => {
  assert.equal(applyRequest(stub, { ...none, dns: ["9.9.9.9"] }), { ...stub, servers: ["9.9.9.9"] });
  assert.equal(applyRequest(stub, { ...none, dnsSearch: ["."] }).search, []);
  assert.equal(applyRequest(stub, { ...none, dnsOptions: ["ndots:1"] }).options, ["ndots:1"]);
});
test("a DNS server that is no address is refused", () => {
  for (const dns of ["one.one.one.one", "1.1.1", "1.1.1.256", "fe80::1%eth0"]) assert.throws(() => applyRequest(stub, { ...none, dns: [dns] }), /is not an IP address/);
});

test.run();
