import { createSocket } from "node:dgram";
import { readlinkSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { testIf } from "../runner/skip.ts";
import { freePort } from "./harness/free-port.ts";
import { run } from "./harness/spawn.ts";
import { prepareSuite, type Payload } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "networks");

const found = await run("sh", ["-c", "command -v pasta; command -v slirp4netns"], { env: { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` } });
const havePasta = found.stdout.includes("pasta");
const haveSlirp = found.stdout.includes("slirp4netns");
const helper = "pasta or slirp4netns";

async function askTcp(port: number, host = "127.0.0.1"): Promise<string> {
  return await new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, host).on("error", reject).on("close", () => resolve(text));
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on("data", (bytes) => { text += bytes.toString(); });
  });
}

async function askUdp(port: number): Promise<string | undefined> {
  const socket = createSocket("udp4");
  try {
    return await new Promise((resolve) => {
      socket.on("message", (bytes) => resolve(bytes.toString()));
      socket.send("x", port, "127.0.0.1");
      setTimeout(() => resolve(undefined), 3000);
    });
  } finally {
    socket.close();
  }
}

for (const [mode, present] of [["pasta", havePasta], ["slirp4netns", haveSlirp], ["default", havePasta || haveSlirp]] as const) {
  testIf(test, present, mode, `--network ${mode}: published TCP and UDP ports answer, and are free after rm`, async () => {
    const port = await freePort();
    const started = await cala.run(["run", "-d", "--name", mode, "--network", mode, "-p", `127.0.0.1:${port}:8000`, "-p", `127.0.0.1:${port}:8000/udp`, "busybox", "payload", "peer", "8000"]);
    assert.is(started.code, 0, started.stderr);
    assert.match(await waitFor("an answer over TCP", async () => (await askTcp(port)) || undefined), /^\d+\.\d+\.\d+\.\d+ \d+\n$/);
    assert.match(await waitFor("an answer over UDP", async () => await askUdp(port)), /^127\.0\.0\.1 \d+\n$/);
    assert.match(await cala.ok(["port", mode]), new RegExp(`8000/tcp -> 127\\.0\\.0\\.1:${port}`));
    assert.match(await cala.ok(["ps", "--format", "{{.Ports}}"]), new RegExp(`127\\.0\\.0\\.1:${port}->8000/tcp`));
    await cala.ok(["rm", "-f", "-t", "0", mode]);
    await waitFor("the port to be free", async () => await askTcp(port).then(() => false, () => true));
  });
}

testIf(test, havePasta || haveSlirp, helper, "the default network reaches out: name server, routes, its own address", async () => {
  const out = await cala.ok(["run", "--rm", "busybox", "sh", "-c", "grep -c nameserver /etc/resolv.conf; ip route | grep -c default; hostname -i; cat /etc/hosts"]);
  const lines = out.split("\n");
  assert.ok(Number(lines[0]) >= 1, out);
  assert.is(lines[1], "1");
  assert.match(out, /127\.0\.0\.1\s+localhost/);
});

testIf(test, havePasta || haveSlirp, helper, "-p with any free port says which one it became", async () => {
  await cala.ok(["run", "-d", "--name", "any", "-p", "8000", "busybox", "payload", "peer", "8000"]);
  const port = Number(/:(\d+)$/m.exec(await cala.ok(["port", "any", "8000/tcp"]))?.[1]);
  assert.match(await waitFor("an answer", async () => (await askTcp(port)) || undefined), /^\d/);
  await cala.ok(["rm", "-f", "-t", "0", "any"]);
});

testIf(test, havePasta || haveSlirp, helper, "a port that is taken is one clear error and leaves no container", async () => {
  const port = await freePort();
  await cala.ok(["run", "-d", "--name", "holder", "-p", `127.0.0.1:${port}:80`, "busybox", "payload", "peer", "80"]);
  const second = await cala.fails(["run", "-d", "--name", "late", "-p", `127.0.0.1:${port}:80`, "busybox", "sleep", "9"]);
  assert.is(second.code, 125);
  assert.match(second.stderr, new RegExp(`${port}/tcp: the port is in use\\nHint: ss -lnp`));
  assert.is(await cala.ok(["ps", "-a", "--format", "{{.Names}}"]), "holder");
  const free = await freePort();
  const both = await Promise.all(["one", "other"].map(async (name) => await cala.run(["run", "-d", "--name", name, "-p", `127.0.0.1:${free}:80`, "busybox", "sleep", "300"])));
  assert.equal(both.map(({ code }) => code).sort(), [0, 125], both.map(({ stderr }) => stderr).join(""));
  assert.match(both.find(({ code }) => code !== 0)?.stderr ?? "", /the port is in use/);
  await cala.ok(["rm", "-f", "-t", "0", ...(await cala.ok(["ps", "-aq", "--filter", "name=one", "--filter", "name=other"])).split("\n")]);
  await cala.ok(["rm", "-f", "-t", "0", "holder"]);
});

for (const [mode, present, options] of [["slirp4netns", haveSlirp, "cidr=10.41.0.0/16,mtu=1400,enable_ipv6=false"], ["pasta", havePasta, "--mtu,1400,--address,10.41.0.100,--netmask,16,--gateway,10.41.0.2,--ipv4-only"]] as const) {
  testIf(test, present, mode, `--network ${mode}:OPTIONS: the container has the address, the mask and the MTU that are asked for, and no IPv6`, async () => {
    const out = await cala.ok(["run", "--rm", "--network", `${mode}:${options}`, "busybox", "sh", "-c", "ip -o -4 addr show eth0 | awk '{print $4}'; cat /sys/class/net/eth0/mtu; ip route | grep default; ip -o -6 addr show eth0 scope global | wc -l"]);
    assert.match(out, /^10\.41\.0\.100\/16\n1400\ndefault via 10\.41\.0\.2 dev eth0[^\n]*\n0$/);
  });
}

test("--network none has loopback and nothing else", async () => {
  assert.is(await cala.ok(["run", "--rm", "--network", "none", "busybox", "sh", "-c", "ls /sys/class/net; ip addr show lo | grep -c 'inet 127.0.0.1'"]), "lo\n1");
});

test("--network host is the host's: its interfaces, its loopback; published ports are said to be ignored", async () => {
  const server = createServer((socket) => socket.end("from the host\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const host = ["run", "--rm", "--network", "host"] as const;
  assert.is(await cala.ok([...host, "busybox", "nc", "127.0.0.1", String(port)]), "from the host");
  server.close();
  const ours = readlinkSync("/proc/self/ns/net");
  assert.is((JSON.parse(await cala.ok([...host, "busybox", "payload"])) as Payload).namespaces["net"], ours);
  const published = await cala.run([...host, "-p", "8080:80", "busybox", "true"]);
  assert.is(published.code, 0);
  assert.match(published.stderr, /^WARN published ports are ignored[^\n]*"host"[^\n]*\n$/);
});

test("--network container: shares the other's interfaces, ports and names, and needs it running", async () => {
  await cala.ok(["run", "-d", "--name", "first", "--network", "none", "--hostname", "one", "--add-host", "other:10.1.2.3", "busybox", "payload", "peer", "8000"]);
  const inside = ["run", "--rm", "--network", "container:first"] as const;
  assert.match(await waitFor("an answer", async () => (await cala.run([...inside, "busybox", "nc", "127.0.0.1", "8000"])).stdout || undefined), /^127\.0\.0\.1 \d+\n$/);
  assert.match(await cala.ok([...inside, "busybox", "cat", "/etc/hosts"]), /^10\.1\.2\.3\s+other$/m);
  await cala.ok(["stop", "-t", "0", "first"]);
  const refused = await cala.fails([...inside, "busybox", "true"]);
  assert.is(refused.code, 125);
  assert.match(refused.stderr, /"first".*it is exited/);
  await cala.ok(["rm", "first"]);
  assert.match((await cala.fails([...inside, "busybox", "true"])).stderr, /"first"/);
});

for (const [network, present] of [["none", true], ["pasta", havePasta], ["slirp4netns", haveSlirp], ["bridge", havePasta || haveSlirp]] as const) {
  testIf(test, present, network, `--pid container: with --network ${network}: the other's processes are there and nobody else's, and the network is its own`, async () => {
    await cala.ok(["run", "-d", "--name", "first", "--network", "none", "busybox", "sleep", "300"]);
    const out = await cala.ok(["run", "--rm", "--pid", "container:first", "--network", network, "busybox", "sh", "-c", "until grep -q sleep /proc/1/cmdline; do sleep 0.1; done; ls -d /proc/[0-9]* | wc -l; tr '\\0' ' ' < /proc/1/cmdline; echo; ip route | grep -c default; ls /sys/class/net"]);
    const [processes, first, routes, ...links] = out.split("\n");
    assert.ok(Number(processes) >= 2 && Number(processes) <= 4, out);
    assert.is(first?.trim(), "sleep 300");
    assert.is(routes, network === "none" ? "0" : "1");
    assert.equal(links, network === "none" ? ["lo"] : network === "bridge" ? ["eth0", "lo", "out0"] : ["eth0", "lo"]);
    await cala.ok(["rm", "-f", "-t", "0", "first"]);
  });
}

test("--add-host, --dns, --dns-search and --hostname are written to the container's files", async () => {
  const out = await cala.ok(["run", "--rm", "--network", "none", "--add-host", "other:10.1.2.3", "--hostname", "me", "busybox", "cat", "/etc/hosts", "/etc/hostname"]);
  assert.match(out, /^10\.1\.2\.3\s+other$/m);
  assert.match(out, /^me$/m);
});

testIf(test, havePasta || haveSlirp, helper, "--dns replaces the name servers", async () => {
  const out = await cala.ok(["run", "--rm", "--dns", "192.0.2.1", "--dns-search", "example.org", "busybox", "cat", "/etc/resolv.conf"]);
  assert.match(out, /^nameserver 192\.0\.2\.1$/m);
  assert.match(out, /^search example\.org$/m);
});

test.run();
