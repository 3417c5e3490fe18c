import { mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { resolveDirs } from "../../../../core/dirs/dirs.ts";
import { createNetwork } from "../../../../core/network/user/create.ts";
import { planJoins, type JoinContext } from "../../../../core/network/user/join.ts";
import { leaseAny, leaseFile, leaseFixed, readLeases, releaseLease } from "../../../../core/network/user/lease.ts";

const root = mkdtempSync(join(tmpdir(), "cala-leases-"));
const dirs = resolveDirs({}, root);
test.after(() => rmSync(root, { recursive: true }));

const id = (digit: string): string => digit.repeat(64);
const running = new Set<string>();
const holder = (digit: string): { dirs: typeof dirs; containerId: string; isRunning: (id: string) => boolean } => ({ dirs, containerId: id(digit), isRunning: (each) => running.has(each) });
const network = await createNetwork(dirs, { name: "small", subnets: ["10.213.1.0/29"] });
const subnet = network.subnets[0] ?? assert.unreachable("no subnet") as never;
const code = async (promise: Promise<unknown>): Promise<string> => await promise.then(() => "", (error: { code: string }) => error.code);

test("addresses are given away once, the gateway's never", async () => {
  const given = [];
  for (const digit of ["a", "b", "c", "d", "e"]) given.push(await leaseAny(holder(digit), network, subnet, undefined));
  assert.equal(given, ["10.213.1.2", "10.213.1.3", "10.213.1.4", "10.213.1.5", "10.213.1.6"]);
  assert.is(await code(leaseAny(holder("f"), network, subnet, undefined)), "address-exhausted");
  assert.is(await code(leaseFixed(holder("f"), network, "10.213.1.4")), "address-taken");
  assert.is(await code(leaseFixed(holder("f"), network, "10.213.1.1")), "address-taken");
  assert.is(await code(leaseFixed(holder("f"), network, "10.9.1.1")), "address-outside");
});

test("one's own address is kept; another's is not given back by mistake", async () => {
  assert.is(await leaseFixed(holder("c"), network, "10.213.1.4"), "10.213.1.4");
  releaseLease(dirs, "small", "10.213.1.4", id("f"));
  assert.is(readLeases(dirs, "small").length, 5);
  releaseLease(dirs, "small", "10.213.1.4", id("c"));
  assert.is(await leaseAny(holder("f"), network, subnet, "10.213.1.4"), "10.213.1.4");
});

test("the address of a container that died long ago is taken over, that of one that runs is not", async () => {
  const old = new Date(Date.now() - 3_600_000);
  for (const address of readLeases(dirs, "small")) utimesSync(leaseFile(dirs, "small", address), old, old);
  for (const digit of ["a", "b", "e", "f"]) running.add(id(digit));
  assert.is(await leaseAny(holder("1"), network, subnet, undefined), "10.213.1.5");
  assert.is(await code(leaseFixed(holder("2"), network, "10.213.1.2")), "address-taken");
});

test("the request to a network names addresses, names and the other networks", async () => {
  const other = await createNetwork(dirs, { name: "other", ipv6: true });
  const context: JoinContext = { ...holder("9"), containerName: "Web", previous: [], dnsServers: ["192.0.2.9"] };
  const plan = await planJoins(context, [{ network: "other", aliases: ["WWW"], interfaceName: "data0" }]);
  const request = plan.joins[0]?.request ?? "";
  for (const line of ["interface data0", "name web", "name www", `name ${id("9").slice(0, 12)}`, "server 192.0.2.9", `peers ${dirs.data}/containers/${id("9")}/networks`]) assert.ok(request.includes(`${line}\n`), line);
  assert.is(plan.networks[0]?.addresses.length, 2);
  assert.is(plan.networks[0]?.nameServer, other.subnets[0]?.gateway);
  assert.is(plan.leases.length, 2);
  assert.is(await code(planJoins(context, [{ network: "other", aliases: [] }, { network: other.id.slice(0, 12), aliases: [] }])), "network-option-conflict");
});

test.run();
