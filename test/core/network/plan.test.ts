import { closeSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { resolveDirs } from "../../../core/dirs/dirs.ts";
import { networkModes } from "../../../core/network/modes/index.ts";
import { planNetwork, type NetworkContext, type NetworkPlan } from "../../../core/network/plan.ts";
import { bindSctp } from "../../../core/sys/sctp-socket.ts";
import { defaultRequest, type NetworkRequest } from "../../../core/spec/request.ts";

const dir = mkdtempSync(join(tmpdir(), "cala-network-"));
const old = join(dir, "old");
mkdirSync(old);
for (const path of [join(dir, "pasta"), join(dir, "slirp4netns")]) writeFileSync(path, "#!/bin/sh\necho pasta 2024_12_11.09478d5\n", { mode: 0o755 });
writeFileSync(join(old, "pasta"), "#!/bin/sh\necho pasta unknown version\n", { mode: 0o755 });
test.after(() => rmSync(dir, { recursive: true }));

const notices: string[] = [];
const other = { id: "f".repeat(64), pid: 77, pidStart: 123, etcDir: "/c/etc" };
const context: NetworkContext = {
  containerId: "0123456789abcdef".repeat(4), containerName: "shop", hostname: "web", exposedPorts: [], dirs: resolveDirs({}, dir), isRunning: () => false, env: { PATH: dir },
  findContainer: (name) => {
    if (name !== "db") throw new Error("no such container");
    return other;
  },
  notice: (text) => void notices.push(text),
  routes: { ipv4: true, ipv6: true }, hostAddress: "192.0.2.7",
  hostFiles: { hosts: "127.0.0.1 localhost\n", resolvConf: "nameserver 192.0.2.53\n", upstreamResolvConf: undefined },
};
/** With the pasta of Debian 12. */
const oldPasta = { env: { PATH: `${old}:${dir}` } };
const plan = (part: Partial<NetworkRequest> = {}, more: Partial<NetworkContext> = {}): Promise<NetworkPlan> =>
  planNetwork({ ...defaultRequest("i").network, ...part }, { ...context, ...more });
const mode = (text: string, part: Partial<NetworkRequest> = {}): Promise<NetworkPlan> => plan({ modes: [text], ...part });
const argvOf = (made: NetworkPlan): string => made.helpers[0]?.argv.join(" ") ?? "";
const textOf = (source: { text: string } | { path: string } | undefined): string => (source !== undefined && "text" in source ? source.text : "");

function hasSctp(): boolean {
  try {
    closeSync(bindSctp(Uint8Array.of(127, 0, 0, 1), 0).fd);
    return true;
  } catch {
    return false;
  }
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  return await promise.then(() => "", (error: Error) => error.message);
}

test("the default is the first mode that works", async () => {
  const made = await plan();
  assert.is(made.modeName, "pasta");
  assert.is(argvOf(made), `${dir}/pasta --foreground --quiet --config-net --ns-ifname eth0 --netns-only --netns /proc/{pid}/ns/net --address 10.0.2.100 --netmask 24 --gateway 10.0.2.2 --address fd77:ca1a::100 --gateway fd77:ca1a::2 -t none -u none -T none -U none`);
  assert.equal(made.helpers[0]?.ready, { kind: "route", families: "46" });
  assert.is(textOf(made.files.hosts), "127.0.0.1\tlocalhost\n10.0.2.2\thost.containers.internal host.docker.internal\n10.0.2.100\tweb shop\nfd77:ca1a::100\tweb shop\n");
  assert.is(textOf(made.files.resolvConf), "nameserver 192.0.2.53\n");
  assert.is(textOf(made.files.hostname), "web\n");
});
test("a pasta that drops what is sent fast is the default only where there is nothing else", async () => {
  assert.is((await plan({}, oldPasta)).modeName, "slirp4netns");
  assert.is((await plan({ modes: ["pasta"] }, oldPasta)).modeName, "pasta");
  assert.is((await plan({}, oldPasta)).modeText, "slirp4netns");
});
test("slirp4netns gives IPv6 to a container where the host has it, or has nothing yet", async () => {
  const six = async (ipv4: boolean, ipv6: boolean): Promise<boolean> => argvOf(await plan({ modes: ["slirp4netns"] }, { routes: { ipv4, ipv6 } })).includes("--enable-ipv6");
  assert.equal(await Promise.all([six(true, true), six(true, false), six(false, false)]), [true, false, true]);
});
test("on a host that is not connected the default is the mode that does not mind", async () => {
  assert.is((await plan({}, { routes: { ipv4: false, ipv6: false } })).modeName, "slirp4netns");
});
test("a host without IPv6 gives none to the container", async () => {
  const made = await plan({}, { routes: { ipv4: true, ipv6: false } });
  assert.not.match(argvOf(made), "fd77");
  assert.equal(made.helpers[0]?.ready, { kind: "route", families: "4" });
});
test("the end of a helper is awaited where ports of the host are in its hands", async () => {
  const ports = [{ hostIp: "", hostPort: 18080, containerPort: 80, protocol: "udp" as const }];
  for (const name of ["pasta", "slirp4netns"]) {
    const made = await mode(name, { ports });
    assert.equal(made.helpers.map(({ endsAlone }) => endsAlone === true), [true, false], name);
  }
  assert.is((await mode("pasta:-t,8080")).helpers[0]?.endsAlone, false);
});
test("options of pasta follow ours and replace them", async () => {
  assert.match(argvOf(await mode("pasta:--mtu,1500")), /-U none --mtu 1500$/);
  const own = await mode("pasta:-a,10.9.9.9,-T,5000");
  assert.not.match(argvOf(own), "10.0.2");
  assert.not.match(argvOf(own), "-T none");
  assert.is(own.hostGateway, undefined);
  assert.match(await refusal(mode("pasta:mtu=1500")), "takes options of pasta");
});
test("the host's names lead to its loopback, unless that is turned off; then to the host itself", async () => {
  assert.match(argvOf(await mode("pasta:--no-map-gw")), /none --no-map-gw$/);
  assert.match(argvOf(await mode("pasta:--map-gw")), /-U none$/);
  assert.match(argvOf(await mode("pasta", { noHostLoopback: true })), /none --no-map-gw$/);
  assert.match(argvOf(await mode("slirp4netns:allow_host_loopback=false")), "--disable-host-loopback");
  assert.match(argvOf(await mode("slirp4netns", { noHostLoopback: true })), "--disable-host-loopback");
  assert.not.match(argvOf(await mode("slirp4netns")), "--disable-host-loopback");
  assert.equal(await Promise.all(["pasta:--no-map-gw", "pasta", "slirp4netns:allow_host_loopback=false", "slirp4netns"].map(async (text) => (await mode(text)).hostGateway)), ["192.0.2.7", "10.0.2.2", "192.0.2.7", "10.0.2.2"]);
});
test("ports that only root may use are shifted where that is asked for, and it is said", async () => {
  notices.length = 0;
  const ports = [{ hostIp: "127.0.0.1", hostPort: 1, containerPort: 80, protocol: "tcp" as const }];
  const first = Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
  const made = await mode("pasta", { ports, lowPorts: "shift" });
  assert.is(made.ports[0]?.hostPort, first > 1 ? 8001 : 1);
  if (first > 1) assert.match(notices.join(), /published on 127\.0\.0\.1:8001\/tcp/);
});
test("a resolv.conf that nobody fixed follows the host's", async () => {
  assert.equal((await mode("pasta")).resolver, { forwarder: "", gateway: "10.0.2.2", search: "", options: "", verbatim: false });
  assert.is((await mode("host")).resolver?.verbatim, true);
  assert.is((await mode("pasta", { dns: ["192.0.2.1"] })).resolver, undefined);
});
test("a local resolver is reached by a forwarder", async () => {
  const made = await plan({}, { hostFiles: { hosts: "", resolvConf: "nameserver 127.0.0.53\nsearch lan\n", upstreamResolvConf: "nameserver 10.5.5.5\n" } });
  assert.match(argvOf(made), "--dns-forward 10.0.2.3");
  assert.is(textOf(made.files.resolvConf), "search lan\nnameserver 10.0.2.3\nnameserver 10.5.5.5\n");
});
test("ports are relayed by a helper of cala's own, with every mode; neighbours are one range", async () => {
  const tcp = (hostIp: string, hostPort: number, containerPort: number) => ({ hostIp, hostPort, containerPort, protocol: "tcp" as const });
  const udp = { hostIp: "127.0.0.1", hostPort: 5300, containerPort: 53, protocol: "udp" as const };
  for (const name of ["pasta", "slirp4netns"]) {
    const made = await mode(name, { ports: [tcp("127.0.0.1", 18080, 80), tcp("", 19001, 91), tcp("", 19000, 90), udp] });
    assert.is(made.helpers.length, 2);
    assert.is(made.helpers[0]?.endsAlone, true);
    assert.equal(made.helpers[1]?.argv, ["/proc/self/exe", "publish", "{pid}", "{fd}", "10.0.2.100", "::1", "tcp/0.0.0.0/19000/90/2", "tcp/::/19000/90/2", "tcp/127.0.0.1/18080/80/1", "udp/127.0.0.1/5300/53/1"]);
  }
});
test("SCTP is relayed like the others where the kernel has it; else the error says what brings it", async () => {
  const ports = [{ hostIp: "::1", hostPort: 19999, containerPort: 99, protocol: "sctp" as const }];
  for (const text of ["pasta", "slirp4netns"]) {
    const made = mode(text, { ports });
    if (hasSctp()) assert.is((await made).helpers[1]?.argv.at(-1), "sctp/::1/19999/99/1");
    else assert.is(await refusal(made), "cannot publish [::1]:19999/sctp: this host's kernel has no SCTP, or has not loaded it");
  }
});
test("with --egress ports of both kinds can be published", async () => {
  const port = (protocol: "tcp" | "udp") => ({ hostIp: "127.0.0.1", hostPort: 18080, containerPort: 80, protocol });
  const made = await plan({ egress: ["DENY"], ports: [port("tcp"), port("udp")] });
  assert.equal(made.helpers.map(({ argv }) => argv.slice(1)), [["publish", "{pid}", "{fd}", "10.0.2.100", "::1", "tcp/127.0.0.1/18080/80/1", "udp/127.0.0.1/18080/80/1"]]);
  assert.equal(made.ports, [port("tcp"), port("udp")]);
});
test("random ports are chosen", async () => {
  const made = await plan({ publishAll: true }, { exposedPorts: ["80/tcp", "81/tcp"] });
  assert.is(new Set(made.ports.map((port) => port.hostPort)).size, 2);
  assert.not.ok(made.ports.some((port) => port.hostPort === 0));
});
test("options of slirp4netns", async () => {
  const made = await mode("slirp4netns:cidr=10.41.0.0/16,mtu=1500,allow_host_loopback=false,enable_ipv6=false,port_handler=rootlesskit,outbound_addr=192.0.2.2");
  assert.match(argvOf(made), "--mtu=1500 --cidr=10.41.0.0/16 --enable-sandbox --enable-seccomp --ready-fd={fd} --exit-fd={exit} --disable-host-loopback --outbound-addr=192.0.2.2 {pid} eth0");
  assert.is(made.addresses.ipv4, "10.41.0.100");
  assert.is(made.hostGateway, "192.0.2.7");
  for (const wrong of ["mtu=0", "mtu=x", "cidr=10.0.0.0/30", "cidr=ten", "enable_ipv6=perhaps", "port_handler=other", "speed=high", "mtu"]) {
    assert.match(await refusal(mode(`slirp4netns:${wrong}`)), "slirp4netns", wrong);
  }
});
test("none, host, ns and container", async () => {
  assert.is((await mode("none")).namespace, "new");
  assert.is((await mode("none")).helpers.length, 0);
  const host = await mode("host");
  assert.is(host.namespace, "host");
  assert.is(textOf(host.files.resolvConf), "nameserver 192.0.2.53\n");
  assert.match(textOf(host.files.hosts), "127.0.1.1\tweb shop\n");
  const joined = await mode("container:db");
  assert.equal(joined.namespace, { pid: 77, start: 123 });
  assert.equal(joined.files.hosts, { path: "/c/etc/hosts" });
  assert.equal((await mode("ns:/proc/self/ns/net")).namespace, { path: "/proc/self/ns/net" });
});
test("what cannot be had is refused in words", async () => {
  const refused: ReadonlyArray<readonly [Promise<unknown>, RegExp]> = [
    [mode("nowhere"), /network with name or ID nowhere: network not found/], [mode("none:x"), /takes no options/], [mode("container:"), /needs a container's name/],
    [mode("ns:relative"), /not absolute/], [mode("ns:/nowhere"), /cannot join network namespace/], [plan({ modes: ["none", "host"] }), /at once/],
    [plan({ ip: "10.0.2.9" }), /cannot use --ip/], [mode("container:db", { dns: ["1.1.1.1"] }), /--dns/], [mode("container:gone"), /no such container/],
    [mode("none", { macAddress: "02:00:00:00:00:01" }), /--mac-address/],
  ];
  for (const [promise, words] of refused) assert.match(await refusal(promise), words);
});
test("ports are ignored, with one notice, where there are none", async () => {
  notices.length = 0;
  const made = await mode("host", { ports: [{ hostIp: "", hostPort: 8080, containerPort: 80, protocol: "tcp" }] });
  assert.equal(made.ports, []);
  assert.is(notices.length, 1);
});
test("files that the user does not want", async () => {
  const made = await plan({ noHosts: true, noHostname: true, dns: ["none"] });
  assert.equal(made.files, {});
});
test("names of modes are unique", () => assert.is(new Set(networkModes.map((each) => each.name)).size, networkModes.length));

test.run();
