import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findProgram } from "../../core/host/find-program.ts";
import { processIds } from "./harness/leaks.ts";
import { freePort } from "./harness/free-port.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";
import { testIf } from "../runner/skip.ts";

const test = suite("user networks");
const { cala } = await prepareSuite(test, "user-networks");
const haveOutside = findProgram("pasta") !== undefined || findProgram("slirp4netns") !== undefined;
const outside = "pasta or slirp4netns";

const detached = (name: string, ...options: readonly string[]): string[] => ["run", "-d", "--name", name, ...options, "busybox", "sleep", "300"];
const inside = async (options: readonly string[], script: string): Promise<string> => await cala.ok(["run", "--rm", ...options, "busybox", "sh", "-c", script]);
/** The addresses of a name, as a container sees them. */
const lookup = (name: string, type = "a"): string => `nslookup -type=${type} ${name} | sed -n '/^Name/,$s/^Address: //p'`;

/** Processes whose command line tells that they are of this cala. */
function networkProcesses(): number[] {
  return [...processIds()].filter((pid) => commandLine(pid).startsWith("cala-network") && commandLine(pid).includes(cala.root));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

test("a network is made, listed, inspected, and removed; its automatic subnets collide with nothing", async () => {
  assert.is(await cala.ok(["network", "create", "one"]), "one");
  await cala.ok(["network", "create", "two", "--label", "a=b", "--ipv6", "--opt", "mtu=1400", "--internal"]);
  assert.is(await cala.ok(["network", "ls", "-q"]), "bridge\none\ntwo");
  assert.is(await cala.ok(["network", "ls", "-q", "--filter", "label=a=b"]), "two");
  const [one, two] = JSON.parse(await cala.ok(["network", "inspect", "one", "two"])) as { subnets: { subnet: string; gateway: string }[]; internal: boolean; ipv6_enabled: boolean }[];
  assert.is(one?.subnets.length, 1);
  assert.is.not(one?.subnets[0]?.subnet, two?.subnets[0]?.subnet);
  assert.equal([two?.internal, two?.ipv6_enabled, two?.subnets.length], [true, true, 2]);
  assert.match((await cala.fails(["network", "create", "three", "--subnet", one?.subnets[0]?.subnet ?? ""])).stderr, /already used.*network "one"/);
  assert.match((await cala.fails(["network", "create", "one"])).stderr, /already exists/);
  assert.is(await cala.ok(["network", "create", "--ignore", "one"]), "one");
  assert.is((await cala.run(["network", "exists", "one"])).code, 0);
  assert.is(await cala.ok(["network", "rm", "one", "two"]), "one\ntwo");
  assert.is((await cala.run(["network", "exists", "one"])).code, 1);
  assert.is((await cala.fails(["network", "inspect", "one"])).code, 1);
});

test("a subnet that overlaps a route of the host is refused, and nothing is made", async () => {
  const route = readFileSync("/proc/net/route", "utf8").split("\n").slice(1).map((line) => line.split("\t")).find((columns) => columns[7] !== undefined && columns[7] !== "00000000");
  if (route === undefined) return; // a host without any network
  const address = (route[1] ?? "").match(/../g)?.reverse().map((byte) => parseInt(byte, 16)).join(".");
  const refused = await cala.fails(["network", "create", "clash", "--subnet", `${address}/28`]);
  assert.match(refused.stderr, /a route of this host, by way of/);
  assert.is((await cala.run(["network", "exists", "clash"])).code, 1);
});

test("containers find each other by name, alias, short id and address; the process lives as long as a container does", async () => {
  await cala.ok(["network", "create", "shop", "--ipv6", "--internal"]);
  const id = await cala.ok(detached("db", "--network", "shop", "--network-alias", "sql"));
  const document = JSON.parse(await cala.ok(["inspect", "db"]))[0] as { NetworkSettings: { Networks: Record<string, { IPAddress: string; GlobalIPv6Address: string }> } };
  const { IPAddress: ip, GlobalIPv6Address: ip6 } = document.NetworkSettings.Networks["shop"] ?? { IPAddress: "", GlobalIPv6Address: "" };
  assert.match(ip, /^10\.|^172\.|^192\.168\./);
  const seen = await inside(["--network", "shop"], [lookup("db"), lookup("sql"), lookup(id.slice(0, 12)), lookup("DB.dns.cala"), lookup("db", "aaaa"), `nslookup ${ip} | sed -n 's/.*name = //p'`, `nslookup ${ip6} | sed -n 's/.*name = //p'`].join("; "));
  assert.equal(seen.split("\n"), [ip, ip, ip, ip, ip6, "db", "db"]);
  assert.is(networkProcesses().length, 1);
  await cala.ok(["rm", "-f", "-t", "0", "db"]);
  await waitFor("the network's process to end", () => networkProcesses().length === 0);
  await cala.ok(["network", "rm", "shop"]);
});

test("names of other networks are not answered, but a container on both knows both", async () => {
  for (const name of ["left", "right"]) await cala.ok(["network", "create", name, "--internal"]);
  await cala.ok(detached("l", "--network", "left"));
  await cala.ok(detached("r", "--network", "right"));
  assert.is(await inside(["--network", "left"], `${lookup("r.dns.cala")}; ${lookup("r")}`), "");
  const both = (await inside(["--network", "left", "--network", "right"], `${lookup("l.dns.cala")}; ${lookup("r.dns.cala")}; ls /sys/class/net`)).split("\n");
  assert.is(both.length, 5, both.join(" "));
  assert.equal(both.slice(2), ["eth0", "eth1", "lo"]);
  await cala.ok(["rm", "-f", "-t", "0", "l", "r"]);
  await cala.ok(["network", "rm", "left", "right"]);
});

test("fixed addresses: --ip, --mac-address and NAME:ip=…; two containers cannot have one", async () => {
  await cala.ok(["network", "create", "fixed", "--internal", "--subnet", "10.213.7.0/29"]);
  await cala.ok(detached("five", "--network", "fixed:ip=10.213.7.5,alias=cinq"));
  assert.is(await inside(["--network", "fixed", "--ip", "10.213.7.3", "--mac-address", "02:00:00:00:00:09"], "ip -o -4 addr show eth0 | awk '{print $4}'; cat /sys/class/net/eth0/address"), "10.213.7.3/29\n02:00:00:00:00:09");
  assert.match((await cala.fails(["run", "--rm", "--network", "fixed", "--ip", "10.213.7.5", "busybox", "true"])).stderr, /10\.213\.7\.5.*taken by container/);
  assert.match((await cala.fails(["run", "--rm", "--network", "fixed", "--ip", "10.99.0.5", "busybox", "true"])).stderr, /not in any subnet/);
  const twins = await Promise.all([1, 2, 3].map(async (number) => await cala.run(detached(`twin${number}`, "--network", "fixed", "--ip", "10.213.7.6"))));
  assert.equal(twins.map(({ code }) => code).sort(), [0, 125, 125], twins.map(({ stderr }) => stderr).join(""));
  for (const { stderr } of twins.filter(({ code }) => code !== 0)) assert.match(stderr, /10\.213\.7\.6.*taken by container/);
  assert.is(await cala.ok(["exec", `twin${twins.findIndex(({ code }) => code === 0) + 1}`, "hostname", "-i"]), "10.213.7.6");
  await cala.ok(["rm", "-f", "-t", "0", ...(await cala.ok(["ps", "-aq", "--filter", "name=twin"])).split("\n")]);
  // .1 is the gateway, .5 is taken: four are left, and each of the racing containers gets one of its own, or a clear error.
  const racers = await Promise.all([1, 2, 3, 4, 5, 6].map(async (number) => await cala.run(detached(`racer${number}`, "--network", "fixed"))));
  assert.is(racers.filter(({ code }) => code === 0).length, 4, racers.map(({ stderr }) => stderr).join(""));
  assert.ok(racers.filter(({ code }) => code !== 0).every(({ stderr }) => /no free address is left/.test(stderr)));
  assert.match((await cala.fails(["network", "rm", "fixed"])).stderr, /being used/);
  await cala.ok(["network", "rm", "--force", "-t", "0", "fixed"]);
});

test("an internal network has no way out; its name server knows its own names only", async () => {
  await cala.ok(["network", "create", "vault", "--internal"]);
  const out = await inside(["--network", "vault"], `ip route | grep -c default; ${lookup("example.com")}`);
  assert.is(out, "0");
  await cala.ok(["network", "rm", "vault"]);
});

test("a network's process that is killed is started again by the monitors, and connections go on", async () => {
  await cala.ok(["network", "create", "tough", "--internal"]);
  await cala.ok(["run", "-d", "--name", "server", "--network", "tough", "busybox", "payload", "peer", "8000"]);
  await cala.ok(detached("client", "--network", "tough"));
  const [before] = networkProcesses();
  assert.type(before, "number");
  process.kill(before as number, "SIGKILL");
  await waitFor("another process", () => networkProcesses().some((pid) => pid !== before), 30_000);
  const answer = await waitFor("an answer by name", async () => (await cala.run(["exec", "client", "timeout", "5", "nc", "server", "8000"])).stdout || undefined, 30_000);
  assert.match(answer, /^10\.|^172\./);
  await cala.ok(["rm", "-f", "-t", "0", "server", "client"]);
  await waitFor("the end of the process", () => networkProcesses().length === 0);
  await cala.ok(["network", "rm", "tough"]);
});

testIf(test, haveOutside, outside, "--network bridge is there without having been made, with a way out and published ports", async () => {
  const port = await freePort();
  await cala.ok(["run", "-d", "--name", "web", "--network", "bridge", "-p", `127.0.0.1:${port}:8000`, "busybox", "payload", "peer", "8000"]);
  assert.match(await inside(["--network", "bridge"], "for i in $(seq 200); do timeout 5 nc web 8000 && break; sleep 0.1; done"), /^\d+\.\d+\.\d+\.\d+ \d+$/);
  assert.match(await cala.ok(["ps", "--format", "{{.Networks}}"]), /^bridge$/m);
  assert.is(await inside(["--network", "bridge"], "ip route | grep -c default"), "1");
  assert.match((await cala.fails(["network", "rm", "bridge"])).stderr, /cannot be removed/);
  await cala.ok(["rm", "-f", "-t", "0", "web"]);
});

test("connect and disconnect while it runs, and for the next start; names of both networks are known", async () => {
  for (const name of ["near", "far"]) await cala.ok(["network", "create", name, "--internal"]);
  await cala.ok(detached("walker", "--network", "near"));
  await cala.ok(detached("remote", "--network", "far"));
  await cala.ok(["network", "connect", "--alias", "wanderer", "far", "walker"]);
  const ask = async (container: string, name: string): Promise<string> => await cala.ok(["exec", container, "sh", "-c", lookup(name)]);
  assert.match(await ask("walker", "remote.dns.cala"), /^\d/);
  assert.match(await ask("remote", "wanderer"), /^\d/);
  assert.match((await cala.fails(["network", "connect", "far", "walker"])).stderr, /already connected/);
  const inspected = JSON.parse(await cala.ok(["network", "inspect", "far"])) as { containers: Record<string, { name: string }> }[];
  assert.equal(Object.values(inspected[0]?.containers ?? {}).map(({ name }) => name).sort(), ["remote", "walker"]);
  await cala.ok(["network", "reload", "walker"]);
  assert.match(await ask("remote", "wanderer"), /^\d/);
  await cala.ok(["network", "disconnect", "near", "walker"]);
  assert.is(await cala.ok(["exec", "walker", "ls", "/sys/class/net"]), "eth1\nlo");
  await cala.ok(["restart", "-t", "0", "walker"]);
  assert.is(await cala.ok(["exec", "walker", "ls", "/sys/class/net"]), "eth0\nlo");
  assert.match(await ask("remote", "wanderer"), /^\d/);
  assert.match((await cala.fails(["network", "disconnect", "near", "walker"])).stderr, /not connected/);
  await cala.ok(["network", "rm", "--force", "-t", "0", "near", "far"]);
});

testIf(test, haveOutside, outside, "networks joined one after the other leave the way out of a container that began without any where it is", async () => {
  for (const name of ["first", "second"]) await cala.ok(["network", "create", "--internal", name]);
  await cala.ok(detached("settler"));
  const links = async (): Promise<string> => (await cala.ok(["exec", "settler", "sh", "-c", "ls /sys/class/net; ip route | grep default"])).split("\n").join(" ");
  const before = await links();
  assert.match(before, /^eth0 lo default \S+ \S+ dev eth0/);
  for (const name of ["first", "second"]) await cala.ok(["network", "connect", name, "settler"]);
  assert.is(await links(), before.replace("eth0", "eth0 eth1 eth2"));
  for (const name of ["first", "second"]) await cala.ok(["network", "disconnect", name, "settler"]);
  assert.is(await cala.ok(["exec", "settler", "ls", "/sys/class/net"]), "lo");
  await cala.ok(["rm", "-f", "-t", "0", "settler"]);
  await cala.ok(["network", "rm", "first", "second"]);
});

testIf(test, haveOutside, outside, "a container that leaves its last network has none, not even a way out, and comes back with the next one", async () => {
  for (const name of ["here", "there"]) await cala.ok(["network", "create", name]);
  await cala.ok(["run", "-d", "--name", "nomad", "--restart", "always", "--network", "here", "busybox", "sh", "-c", "trap exit TERM; echo ready; while :; do sleep 0.1; done"]);
  const links = async (): Promise<string> => (await cala.run(["exec", "nomad", "ls", "/sys/class/net"])).stdout.trim().split("\n").join(" ");
  assert.is(await links(), "eth0 lo out0");
  await cala.ok(["network", "disconnect", "here", "nomad"]);
  assert.is(await links(), "lo");
  await waitFor("its trap", async () => (await cala.ok(["logs", "nomad"])) === "ready", 30_000);
  const pid = async (): Promise<string> => await cala.ok(["inspect", "--format", "{{.State.Pid}}", "nomad"]);
  const before = await pid();
  await cala.ok(["exec", "nomad", "kill", "-TERM", "1"]);
  await waitFor("another run", async () => !["0", before].includes(await pid()), 30_000);
  await waitFor("only loopback after a restart by policy", async () => (await links()) === "lo", 30_000);
  await cala.ok(["network", "connect", "there", "nomad"]);
  await waitFor("the way out again", async () => /default/.test((await cala.run(["exec", "nomad", "ip", "route"])).stdout), 30_000);
  assert.is(await links(), "eth0 lo out0");
  await cala.ok(["network", "disconnect", "there", "nomad"]);
  await cala.ok(["restart", "-t", "0", "nomad"]);
  assert.is(await links(), "lo");
  assert.is(await cala.ok(["inspect", "--format", "{{.HostConfig.NetworkMode}}", "nomad"]), "none");
  await cala.ok(["network", "connect", "there", "nomad"]);
  await waitFor("the way out after a restart without networks", async () => /default/.test((await cala.run(["exec", "nomad", "ip", "route"])).stdout), 30_000);
  assert.is(await links(), "eth0 lo out0");
  await cala.ok(["rm", "-f", "-t", "0", "nomad"]);
  await cala.ok(["network", "rm", "here", "there"]);
});

test("network update: another name server is asked at once", async () => {
  await cala.ok(["network", "create", "asking", "--dns", "192.0.2.1"]);
  assert.is(await cala.ok(["network", "update", "--dns-add", "192.0.2.2", "--dns-drop", "192.0.2.1", "asking"]), "asking");
  assert.is(await cala.ok(["network", "inspect", "--format", "{{.network_dns_servers}}", "asking"]), "[192.0.2.2]");
  assert.match((await cala.fails(["network", "update", "--dns-drop", "192.0.2.1", "asking"])).stderr, /does not ask/);
  assert.match((await cala.fails(["network", "update", "--dns-add", "x", "asking"])).stderr, /not an IP address/);
  await cala.ok(["network", "rm", "asking"]);
});

test("a container that holds as many connections to the name server as it can leaves room for the others", async () => {
  await cala.ok(["network", "create", "crowded", "--internal"]);
  const gateway = (JSON.parse(await cala.ok(["network", "inspect", "crowded"])) as { subnets: { gateway: string }[] }[])[0]?.subnets[0]?.gateway ?? "";
  await cala.ok(detached("greedy", "--network", "crowded"));
  await cala.ok(detached("patient", "--network", "crowded"));
  const held = "netstat -tn | grep -c ESTABLISHED";
  await cala.ok(["exec", "-d", "greedy", "sh", "-c", `mkfifo /tmp/silent; exec 3<>/tmp/silent; for i in $(seq 200); do nc ${gateway} 53 <&3 & done; wait`]);
  const count = async (): Promise<number> => Number((await cala.run(["exec", "greedy", "sh", "-c", held])).stdout);
  await waitFor("all of its share to be taken, and no more", async () => (await count()) === 24, 30_000);
  // A question for the address of "patient", over TCP: length, header, name, type and class.
  const query = "\\0\\031\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\7patient\\0\\0\\1\\0\\1";
  const answer = await cala.ok(["exec", "patient", "sh", "-c", `(printf '${query}'; sleep 1) | nc -w 30 ${gateway} 53 | wc -c`]);
  assert.is(answer, "43");
  await waitFor("its share to be what it was", async () => (await count()) === 24, 30_000);
  await cala.ok(["network", "rm", "--force", "-t", "0", "crowded"]);
});

for (const driver of ["macvlan", "ipvlan"]) {
  test(`a network with the driver ${driver} works, or is refused with the reason where the kernel does not have it`, async () => {
    await cala.ok(["network", "create", "--driver", driver, "--internal", "links"]);
    const first = await cala.run(detached("one", "--network", "links"));
    if (first.code === 0) assert.match(await inside(["--network", "links"], lookup("one.dns.cala")), /^10\./);
    else assert.match(first.stderr, /the kernel does not have the network's driver/);
    await cala.ok(["network", "rm", "--force", "-t", "0", "links"]);
  });
}

test("network prune removes what no container is on", async () => {
  await cala.ok(["network", "create", "idle"]);
  await cala.ok(["network", "create", "busy", "--internal"]);
  await cala.ok(["create", "--name", "sleeper", "--network", "busy", "busybox", "true"]);
  assert.is(await cala.ok(["network", "prune", "--force"]), "idle");
  assert.is((await cala.run(["network", "exists", "busy"])).code, 0);
  await cala.ok(["network", "rm", "--force", "busy"]);
});

test("networks that do not exist, and options that mean nothing, are refused", async () => {
  const unknown = await cala.fails(["run", "--rm", "--network", "nowhere", "busybox", "true"]);
  assert.match(unknown.stderr, /nowhere.*not found/);
  assert.match(unknown.stderr, /cala network create nowhere/);
  for (const args of [["--subnet", "10.1.2.3"], ["--gateway", "10.1.2.3"], ["--opt", "nonsense=1"], ["--driver", "overlay"], ["--route", "x"], ["--ip-range", "10.9.0.0/24"]]) {
    assert.is((await cala.fails(["network", "create", "wrong", ...args])).code, 125, args.join(" "));
  }
  assert.match((await cala.fails(["network", "create", "host"])).stderr, /network mode/);
  assert.match((await cala.fails(["run", "--rm", "--network", "none", "--network-alias", "x", "busybox", "true"])).stderr, /--network-alias/);
});

test.run();
