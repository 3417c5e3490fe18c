import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { resolveDirs } from "../../../../core/dirs/dirs.ts";
import { parsePrefix } from "../../../../core/network/prefix.ts";
import { networkConfigFile } from "../../../../core/network/user/config-file.ts";
import { createNetwork } from "../../../../core/network/user/create.ts";
import { networkFilter } from "../../../../core/network/user/filter.ts";
import { networkDocument } from "../../../../core/network/user/inspect.ts";
import { findNetwork, listNetworks } from "../../../../core/network/user/record.ts";
import { removeNetwork } from "../../../../core/network/user/remove.ts";
import { freeIpv4, hostPrefixes } from "../../../../core/network/user/subnets.ts";

const root = mkdtempSync(join(tmpdir(), "cala-networks-"));
const dirs = resolveDirs({}, root);
test.after(() => rmSync(root, { recursive: true }));

test("many at once get subnets of their own", async () => {
  const made = await Promise.all(Array.from({ length: 12 }, async () => await createNetwork(dirs, {})));
  assert.is(new Set(made.map(({ name }) => name)).size, 12);
  assert.is(new Set(made.map(({ subnets }) => subnets[0]?.subnet)).size, 12);
  for (const { name } of made) await removeNetwork(dirs, findNetwork(dirs, name), () => []);
  assert.equal(listNetworks(dirs), []);
});

test("what is given is kept: subnets, gateways, ranges, routes", async () => {
  const network = await createNetwork(dirs, {
    name: "given", subnets: ["10.213.0.0/24", "fd13::/64"], gateways: ["10.213.0.254"], ranges: ["10.213.0.16/28"], routes: ["10.9.0.0/16,10.213.0.7,5"], dnsServers: ["192.0.2.1"], options: { mtu: "1400" },
  });
  assert.equal(network.subnets, [{ subnet: "10.213.0.0/24", gateway: "10.213.0.254", range: ["10.213.0.16", "10.213.0.31"] }, { subnet: "fd13::/64", gateway: "fd13::1" }]);
  assert.equal(networkDocument(network)["routes"], [{ destination: "10.9.0.0/16", gateway: "10.213.0.7", metric: 5 }]);
  const text = readFileSync(networkConfigFile(dirs, "given"), "utf8");
  for (const line of ["gateway 10.213.0.254/24", "gateway fd13::1/64", "mtu 1400", "server 192.0.2.1", "dns on"]) assert.ok(text.includes(`${line}\n`), line);
  assert.is(findNetwork(dirs, network.id.slice(0, 12)).name, "given");
});

test("how links of a macvlan or ipvlan network are connected is an option, in podman's spelling and docker's", async () => {
  const modeOf = async (driver: string, options: Readonly<Record<string, string>>): Promise<string | undefined> => {
    const { name } = await createNetwork(dirs, { driver, options });
    const text = readFileSync(networkConfigFile(dirs, name), "utf8");
    await removeNetwork(dirs, findNetwork(dirs, name), () => []);
    return /^mode (.*)$/m.exec(text)?.[1];
  };
  for (const [driver, options, mode] of [
    ["bridge", {}, undefined], ["macvlan", {}, "bridge"], ["macvlan", { mode: "private" }, "private"], ["macvlan", { macvlan_mode: "private" }, "private"],
    ["ipvlan", {}, "l2"], ["ipvlan", { mode: "l3" }, "l3"], ["ipvlan", { ipvlan_mode: "l3s" }, "l3s"],
  ] as const) assert.is(await modeOf(driver, options), mode, `${driver} ${JSON.stringify(options)}`);
  for (const [driver, options, words] of [
    ["macvlan", { mode: "vepa" }, /"vepa" for --opt mode: it needs an interface of the host/], ["ipvlan", { mode: "bridge" }, /modes are l2, l3, l3s/],
    ["ipvlan", { macvlan_mode: "bridge" }, /unsupported network option macvlan_mode=bridge/], ["bridge", { mode: "l2" }, /unsupported network option mode=l2/],
    ["macvlan", { parent: "eth0" }, /--opt parent=eth0: only root may put containers on an interface of the host/],
  ] as const) {
    const error = await createNetwork(dirs, { driver, options }).then(() => undefined, (reason: Error) => reason);
    assert.match(error?.message ?? "", words);
  }
});

test("a network that a container is on stays", async () => {
  const network = findNetwork(dirs, "given");
  const error = await removeNetwork(dirs, network, () => ["c1"]).then(() => undefined, (reason: Error) => reason);
  assert.match(error?.message ?? "", /"given" has associated containers/);
  assert.is(findNetwork(dirs, "given").id, network.id);
});

test("the host's routes are read from the kernel's tables", () => {
  mkdirSync(join(root, "net"));
  writeFileSync(join(root, "net/route"), "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\ntun0\t0000590A\t00000000\t0001\t0\t0\t0\t0000FFFF\n");
  writeFileSync(join(root, "net/ipv6_route"), `fd000000000000000000000000000000 40 ${"0".repeat(32)} 00 ${"0".repeat(32)} 00000100 00000001 00000000 00000001     eth0\n`);
  const taken = hostPrefixes(root);
  assert.equal(taken.map(({ prefix }) => prefix), [parsePrefix("10.89.0.0/16"), parsePrefix("fd00::/64")]);
  assert.equal(freeIpv4(taken), parsePrefix("10.90.0.0/24"));
});

test("filters: several values of one key are alternatives, labels must all hold", async () => {
  await createNetwork(dirs, { name: "labelled", labels: { a: "1", b: "2" } });
  const names = (...pairs: [string, string][]): string[] => listNetworks(dirs).filter(networkFilter(pairs, ({ name }) => name === "given")).map(({ name }) => name);
  assert.equal(names(["name", "lab"], ["name", "giv"]), ["given", "labelled"]);
  assert.equal(names(["label", "a=1"], ["label", "b"]), ["labelled"]);
  assert.equal(names(["label", "a=1"], ["label", "b=3"]), []);
  assert.equal(names(["dangling", "true"]), ["labelled"]);
  assert.throws(() => names(["colour", "red"]), /invalid filter/);
});

test.run();
