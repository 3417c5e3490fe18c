/** What comes through a published TCP port, and how it ends; real servers and clients. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findProgram } from "../../core/host/find-program.ts";
import { needs, testIf } from "../runner/skip.ts";
import { haveHostPrograms, networkTools } from "./harness/host-programs.ts";
import { processIds } from "./harness/leaks.ts";
import { run, runOk } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

needs("pasta or slirp4netns", findProgram("pasta") !== undefined || findProgram("slirp4netns") !== undefined);
const haveTools = haveHostPrograms(networkTools);
const tools = networkTools.join(", ");
const { cala } = await prepareSuite(test, "published-ports", haveTools ? ["busybox", "network-tools"] : ["busybox"]);
const haveSix = Object.values(networkInterfaces()).flat().some((address) => address?.address === "::1");
await cala.ok(["network", "create", "shop"]);

async function serve(name: string, options: readonly string[], ...command: readonly string[]): Promise<number> {
  await cala.ok(["run", "-d", "--name", name, "-p", "8000", ...options, ...command]);
  return Number(/:(\d+)$/m.exec(await cala.ok(["port", name, "8000/tcp"]))?.[1]);
}

/** Sends everything, says so, and hashes what comes back. */
async function echo(port: number, bytes: Buffer): Promise<string> {
  return await new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).on("error", reject).on("data", (part) => void hash.update(part));
    socket.on("end", () => resolve(hash.digest("hex")));
    socket.end(bytes);
  });
}

function childrenOf(parent: number | undefined): number[] {
  return [...processIds()].filter((pid) => new RegExp(`^PPid:\\s+${parent}$`, "m").test(statusOf(pid)));
}

function nameOf(pid: number): string {
  return /^Name:\s+(.*)$/m.exec(statusOf(pid))?.[1] ?? "";
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}

async function ending(socket: Socket): Promise<string> {
  return await new Promise((resolve) => {
    let text = "";
    socket.on("data", (part) => { text += part.toString(); });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).on("end", () => resolve(`end after "${text}"`));
  });
}

for (const network of ["default", "shop", "slirp4netns"]) {
  testIf(test, network !== "slirp4netns" || findProgram("slirp4netns") !== undefined, "slirp4netns", `--network ${network}: megabytes go both ways at once, whole, on several connections; the end of one direction leaves the other open`, async () => {
    const port = await serve("echo", ["--network", network], "busybox", "sh", "-c", "nc -ll -p 8000 -e cat");
    const bytes = randomBytes(4 << 20);
    const expected = createHash("sha256").update(bytes).digest("hex");
    await waitFor("the server", async () => (await echo(port, Buffer.from("x"))) === createHash("sha256").update("x").digest("hex"), 30_000);
    for (const hash of await Promise.all(Array.from({ length: 6 }, async () => await echo(port, bytes)))) assert.is(hash, expected);
    await cala.ok(["rm", "-f", "-t", "0", "echo"]);
  });
}

/** Processor time of the process that relays this port, in ticks of 10 ms. */
function ticksOf(port: number): number {
  const pid = readdirSync("/proc").find((name) => /^\d+$/.test(name) && textOf(`/proc/${name}/cmdline`).includes(`\0tcp/0.0.0.0/${port}/`));
  const fields = textOf(`/proc/${pid}/stat`).replace(/^.*\) /, "").split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended
  }
}

test("short messages go to and fro, and between them nothing is done", async () => {
  const port = await serve("chat", [], "busybox", "sh", "-c", "nc -ll -p 8000 -e cat");
  await waitFor("the server", async () => (await echo(port, Buffer.from("x"))) === createHash("sha256").update("x").digest("hex"), 30_000);
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  for (let round = 0; round < 200; round += 1) {
    const answer = once(socket, "data");
    socket.write(`${round}\n`);
    assert.is(String((await answer)[0]), `${round}\n`);
  }
  const before = ticksOf(port);
  await sleep(1000);
  assert.ok(ticksOf(port) - before < 20, `${ticksOf(port) - before} ticks of 100`);
  socket.destroy();
  await cala.ok(["rm", "-f", "-t", "0", "chat"]);
});

test("where nobody listens, and where the server breaks off, a client learns that it was broken off", async () => {
  const port = await serve("deaf", [], "busybox", "sleep", "1000");
  assert.is(await ending(connect(port, "127.0.0.1")), "ECONNRESET");
  await cala.ok(["rm", "-f", "-t", "0", "deaf"]);
});

testIf(test, haveSix, "IPv6 on the loopback interface", "a client over IPv6 reaches a server that knows IPv4 only", async () => {
  const port = await serve("four", ["--network", "shop"], "busybox", "sh", "-c", "echo found > index.html; exec httpd -f -p 0.0.0.0:8000");
  const ask = async (): Promise<string> => {
    const socket = connect(port, "::1");
    socket.write("GET /index.html HTTP/1.0\r\n\r\n");
    return await ending(socket);
  };
  await waitFor("the page", async () => (await ask()).includes("found"), 30_000);
  await cala.ok(["rm", "-f", "-t", "0", "four"]);
});

test("ports are served again after a restart, and a port that somebody has is said", async () => {
  const port = await serve("again", [], "busybox", "payload", "peer", "8000");
  const answered = async (): Promise<boolean> => /^end after "127\.0\.0\.1 \d+\n"$/.test(await ending(connect(port, "127.0.0.1")));
  await waitFor("an answer", answered, 30_000);
  await cala.ok(["restart", "-t", "0", "again"]);
  await waitFor("an answer after the restart", answered, 30_000);
  const taken = await cala.fails(["run", "--rm", "-p", `${port}:80`, "busybox", "true"]);
  assert.is(taken.code, 125);
  assert.match(taken.stderr, /the port is in use/);
  await cala.ok(["rm", "-f", "-t", "0", "again"]);
});

test("a helper of the network that is killed is started again by the container's monitor", async () => {
  const port = await serve("tough", ["-p", "8001/udp"], "busybox", "payload", "peer", "8000");
  const answered = async (): Promise<boolean> => /^end after "127\.0\.0\.1 \d+\n"$/.test(await ending(connect(port, "127.0.0.1")));
  await waitFor("an answer", answered, 30_000);
  const monitor = (JSON.parse(await cala.ok(["inspect", "tough"])) as { ConmonPid?: number; State: { ConmonPid?: number } }[])[0]?.State.ConmonPid;
  const helpers = (): number[] => childrenOf(monitor).filter((pid) => /^(cala-publish|slirp4netns|pasta(\.avx2)?)$/.test(nameOf(pid)));
  const before = helpers();
  assert.is(before.length, 2, before.map(nameOf).join());
  for (const pid of before) process.kill(pid, "SIGKILL");
  await waitFor("an answer after the kill", answered, 30_000);
  await waitFor("two other helpers", () => helpers().filter((pid) => !before.includes(pid)).length === 2, 30_000);
  await waitFor("a route", async () => /default/.test((await cala.run(["exec", "tough", "ip", "route"])).stdout), 30_000);
  await cala.ok(["rm", "-f", "-t", "0", "tough"]);
});

/** One transfer, as soon as the server listens and has done with the one before. */
async function transfer(port: string, direction: readonly string[]): Promise<void> {
  const done = await waitFor("a server that is free", async () => {
    const end = await run("iperf3", ["-c", "127.0.0.1", "-p", port, "-n", "64M", ...direction]).catch((error: Error) => error);
    return end instanceof Error || !/unable to connect|server is busy|control socket has closed unexpectedly/.test(end.stderr) ? end : undefined;
  });
  if (done instanceof Error) throw done;
  assert.is(done.code, 0, done.stderr);
}

testIf(test, haveTools, tools, "nginx, curl, iperf3 and wrk: pages, megabytes in both directions, thousands of requests without one that fails", async () => {
  await cala.ok(["run", "-d", "--name", "web", "--network", "shop", "-p", "127.0.0.1::8000", "-p", "127.0.0.1::8001", "network-tools", "sh", "-c", "nginx & exec iperf3 -s -p 8001"]);
  const port = async (inside: string): Promise<string> => /:(\d+)$/m.exec(await cala.ok(["port", "web", inside]))?.[1] ?? "";
  const [web, speed] = [await port("8000/tcp"), await port("8001/tcp")];
  await waitFor("nginx", async () => (await run("curl", ["-s", `http://127.0.0.1:${web}/`])).stdout === "nginx answers 127.0.0.1\n", 30_000);
  // Each time a few bytes are left for the end: a relay that waits for more would never give them.
  for (const direction of [[], ["-R"], ["-R"], ["-R"], ["-R"]]) await transfer(speed, direction);
  const requests = await runOk("wrk", ["-t", "1", "-c", "20", "-d", "1s", "--timeout", "60s", `http://127.0.0.1:${web}/`]);
  assert.not.match(requests.stdout, /Socket errors|Non-2xx/);
  assert.match(await cala.ok(["run", "--rm", "--network", "shop", "network-tools", "curl", "-s", "http://web:8000/"]), /^nginx answers 10\./);
  assert.match(await cala.ok(["run", "--rm", "--network", "shop", "network-tools", "dig", "+short", "web.dns.cala"]), /^10\.\d+\.\d+\.\d+$/);
  await cala.ok(["rm", "-f", "-t", "0", "web"]);
});

test.run();
