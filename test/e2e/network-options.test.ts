/** Options of networks and of publishing, as a container and its clients see them. */
import { connect, createServer, type AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findProgram } from "../../core/host/find-program.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";
import { testIf } from "../runner/skip.ts";

const test = suite("network options");
const { cala } = await prepareSuite(test, "network-options");
const haveOutside = findProgram("pasta") !== undefined || findProgram("slirp4netns") !== undefined;
const outside = "pasta or slirp4netns";
const haveSix = Object.values(networkInterfaces()).flat().some((address) => address?.address === "::1");

async function say(port: number, host: string): Promise<string> {
  return await new Promise((resolve) => {
    let text = "";
    const socket = connect(port, host).on("data", (part) => { text += part.toString(); });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).on("end", () => resolve(text));
  });
}

test("network create: dual stack, ranges, routes with a metric, mtu, labels, name servers of its own", async () => {
  await cala.ok(["network", "create", "--internal", "--subnet", "10.214.3.0/24", "--gateway", "10.214.3.9", "--ip-range", "10.214.3.128/25", "--subnet", "fd98:3::/64", "--ipam-driver", "host-local",
    "--route", "10.99.0.0/16,10.214.3.7,300", "--route", "fd97::/48,fd98:3::7", "--opt", "mtu=1400", "--opt", "isolate=true", "--label", "a=b", "--label", "c", "--dns", "192.0.2.53", "--interface-name", "kids", "full"]);
  const seen = await cala.ok(["run", "--rm", "--network", "full", "busybox", "sh", "-c", "cat /sys/class/net/eth0/mtu; ip -o -4 addr show eth0 | awk '{print $4}'; ip -o -6 addr show eth0 scope global | awk '{print $4}'; ip route show 10.99.0.0/16; ip -6 route show fd97::/48; grep nameserver /etc/resolv.conf"]);
  const [mtu, four, six, route, route6, server] = seen.split("\n");
  assert.is(mtu, "1400");
  assert.match(four ?? "", /^10\.214\.3\.(12[89]|1[3-9]\d|2\d\d)\/24$/);
  assert.match(six ?? "", /^fd98:3::\d\/64$/);
  assert.match(route ?? "", /^10\.99\.0\.0\/16 via 10\.214\.3\.7 dev eth0 .*metric 300/);
  assert.match(route6 ?? "", /^fd97::\/48 via fd98:3::7 dev eth0/);
  assert.is(server, "nameserver 10.214.3.9");
  const [document] = JSON.parse(await cala.ok(["network", "inspect", "full"])) as Record<string, unknown>[];
  assert.is(document?.["network_interface"], "kids");
  assert.equal(document?.["subnets"], [
    { subnet: "10.214.3.0/24", gateway: "10.214.3.9", lease_range: { start_ip: "10.214.3.128", end_ip: "10.214.3.255" } }, { subnet: "fd98:3::/64", gateway: "fd98:3::1" },
  ]);
  assert.equal(document?.["network_dns_servers"], ["192.0.2.53"]);
  assert.equal(document?.["labels"], { a: "b", c: "" });
  for (const [filter, names] of [["label=a=b", "full"], ["label=c", "full"], ["label!=c", "bridge"], ["name=^fu", "full"], ["driver=bridge", "bridge\nfull"], ["dangling=true", "bridge\nfull"], ["type=builtin", "bridge"], ["until=1h", ""]] as const) {
    assert.is(await cala.ok(["network", "ls", "-q", "--filter", filter]), names, filter);
  }
  await cala.ok(["network", "rm", "full"]);
});

test("network create --disable-dns: nobody answers for its containers, and their resolver file names nobody of it", async () => {
  await cala.ok(["network", "create", "--internal", "--disable-dns", "mute"]);
  await cala.ok(["run", "-d", "--name", "other", "--network", "mute", "busybox", "sleep", "300"]);
  const gateway = await cala.ok(["network", "inspect", "--format", "{{range .subnets}}{{.gateway}}{{end}}", "mute"]);
  const seen = await cala.ok(["run", "--rm", "--network", "mute", "busybox", "sh", "-c", `grep -c '^nameserver ${gateway}$' /etc/resolv.conf; nslookup other ${gateway} > /dev/null 2>&1 && echo answered || echo silent`]);
  assert.is(seen, "0\nsilent");
  await cala.ok(["network", "rm", "--force", "-t", "0", "mute"]);
});

test("--no-hosts and --no-hostname leave the image's files; --add-host may say host-gateway", async () => {
  const script = "cat /etc/hosts /etc/hostname 2>/dev/null | grep -c -e named-here -e host.containers || true";
  assert.is(await cala.ok(["run", "--rm", "--network", "none", "--hostname", "named-here", "--no-hosts", "--no-hostname", "busybox", "sh", "-c", script]), "0");
  assert.match((await cala.fails(["run", "--rm", "--network", "none", "--no-hosts", "--add-host", "a:10.1.2.3", "busybox", "true"])).stderr, /no-hosts/);
  if (haveOutside) assert.match(await cala.ok(["run", "--rm", "--network", "slirp4netns", "--add-host", "mine;yours:host-gateway", "busybox", "grep", "-wE", "mine|yours", "/etc/hosts"]), /^10\.0\.2\.2\s+mine\s+(10\.0\.2\.2\s+)?yours$/);
});

for (const network of ["default", "bridge"]) {
  testIf(test, haveOutside, outside, `--network ${network}: both names of the host lead to its loopback, and one flag ends that`, async () => {
    const server = createServer((socket) => socket.on("error", () => undefined).end("the host\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const ask = (name: string, tries: number): string => `for i in $(seq ${tries}); do answer=$(timeout 5 nc -w 3 ${name} ${port} < /dev/null 2>/dev/null | head -n 1); [ -z "$answer" ] || break; sleep 0.1; done; echo "$answer"`;
    const script = (tries: number): string => `${ask("host.containers.internal", tries)}; ${ask("host.docker.internal", tries)}`;
    assert.is(await cala.ok(["run", "--rm", "--network", network, "busybox", "sh", "-c", script(10)]), "the host\nthe host");
    assert.is(await cala.ok(["run", "--rm", "--network", network, "--no-host-loopback", "busybox", "sh", "-c", script(1)]), "\n");
    server.close();
  });
}

testIf(test, haveOutside && haveSix, `${outside}, and IPv6 on the loopback interface`, "ports on 127.0.0.1, on ::1 and on all addresses each mean what they say", async () => {
  await cala.ok(["run", "-d", "--name", "ports", "-p", "127.0.0.1::8000", "-p", "[::1]::8001", "-p", "8002", "busybox", "sh", "-c", "for port in 8000 8001 8002; do payload peer $port & done; wait"]);
  const port = async (inside: string): Promise<number> => Number(/:(\d+)$/m.exec(await cala.ok(["port", "ports", inside]))?.[1]);
  const [four, six, all] = [await port("8000/tcp"), await port("8001"), await port("8002/tcp")];
  await waitFor("the servers", async () => /^127\.0\.0\.1 \d+\n$/.test(await say(four, "127.0.0.1")) && /^::1 \d+\n$/.test(await say(six, "::1")) && /^127/.test(await say(all, "127.0.0.1")), 30_000);
  assert.match(await say(all, "::1"), /^::1 \d+\n$/);
  // Somebody else may have the number there; it is not the container.
  const answer = /^[0-9a-f.:]+ \d+\n$/;
  assert.not.match(await say(four, "::1"), answer);
  assert.not.match(await say(six, "127.0.0.1"), answer);
  const outer = Object.values(networkInterfaces()).flat().find((address) => address?.family === "IPv4" && !address.internal)?.address;
  if (outer !== undefined) assert.not.match(await say(four, outer), answer);
  await cala.ok(["rm", "-f", "-t", "0", "ports"]);
});

testIf(test, haveOutside, outside, "-P publishes what image and --expose name, ranges keep their order, and port lists them", async () => {
  await cala.ok(["run", "-d", "--name", "many", "-P", "--expose", "8000-8001/tcp", "--expose", "8000/udp", "busybox", "sleep", "300"]);
  const lines = (await cala.ok(["port", "many"])).split("\n").map((line) => line.replace(/:\d+$/, ":N")).sort();
  assert.equal(lines, ["8000/tcp -> 0.0.0.0:N", "8000/udp -> 0.0.0.0:N", "8001/tcp -> 0.0.0.0:N"]);
  assert.match((await cala.fails(["port", "many", "9999"])).stderr, /9999/);
  await cala.ok(["rm", "-f", "-t", "0", "many"]);
  const sctp = await cala.run(["run", "--rm", "-p", "18000:80/sctp", "busybox", "true"]);
  if (sctp.code !== 0) assert.match(sctp.stderr, /cannot publish 0\.0\.0\.0:18000\/sctp: this host's kernel has no SCTP, or has not loaded it\nHint: sudo modprobe sctp/);
});

test.run();
