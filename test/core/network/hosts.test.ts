import { test } from "uvu";
import * as assert from "uvu/assert";
import { formatHosts, hostsEntries, parseAddHost, parseHosts } from "../../../core/network/hosts.ts";

const base = "127.0.0.1 localhost # me\n::1 localhost ip6-localhost\n\n# nothing\n10.1.1.9 build.corp build\n10.9.9.9 host.docker.internal old\n";
const own = [{ address: "10.0.2.100", names: ["web", "shop"] }];

test("the user's entries, the host's, the host itself, the container", () => {
  const text = formatHosts(hostsEntries({ base, addHosts: ["db:10.0.0.5"], hostGateway: "10.0.2.2", own }));
  assert.is(text, "10.0.0.5\tdb\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n10.1.1.9\tbuild.corp build\n10.9.9.9\told\n10.0.2.2\thost.containers.internal host.docker.internal\n10.0.2.100\tweb shop\n");
});
test("localhost is there even where the base has none", () => {
  assert.equal(hostsEntries({ base: "", addHosts: [], hostGateway: undefined, own: [] }), [{ address: "127.0.0.1", names: ["localhost"] }, { address: "::1", names: ["localhost"] }]);
});
test("a name that the user gives is not given again", () => {
  const entries = hostsEntries({ base: "127.0.0.1 localhost\n", addHosts: ["web:10.7.7.7", "host.docker.internal:10.8.8.8"], hostGateway: "10.0.2.2", own });
  assert.equal(entries.filter((entry) => entry.names.includes("web")).map((entry) => entry.address), ["10.7.7.7"]);
  assert.equal(entries.find((entry) => entry.address === "10.0.2.2")?.names, ["host.containers.internal"]);
});
test("spellings of --add-host", () => {
  assert.equal(parseAddHost("a;b:10.0.0.1", undefined), { address: "10.0.0.1", names: ["a", "b"] });
  assert.equal(parseAddHost("six:[2001:db8::1]", undefined), { address: "2001:db8::1", names: ["six"] });
  assert.equal(parseAddHost("six:2001:db8::1", undefined), { address: "2001:db8::1", names: ["six"] });
  assert.equal(parseAddHost("gw=host-gateway", "10.0.2.2"), { address: "10.0.2.2", names: ["gw"] });
});
test("what is no entry is refused", () => {
  for (const text of ["", "name", ":1.1.1.1", "name:", "name:elsewhere", ";:1.1.1.1"]) assert.throws(() => parseAddHost(text, "10.0.2.2"), /cannot add host/, text);
  assert.throws(() => parseAddHost("x:host-gateway", undefined), /no way to the host/);
});
test("a line without names is no entry", () => assert.equal(parseHosts("10.0.0.1\n10.0.0.2 a\n"), [{ address: "10.0.0.2", names: ["a"] }]));

test.run();
