/** Sockets that a service manager listens on (sd_listen_fds(3)) reach the container. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { testIf } from "../runner/skip.ts";
import { fixtureProgram } from "./harness/programs.ts";
import { freePort } from "./harness/free-port.ts";
import { endOf, run } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "activation");
const program = process.env["CALA_TEST_PROGRAM"] ?? join(cala.root, "bin", "cala");
const activator = await fixtureProgram("activator");
await cala.ok(["network", "create", "activated"]);
await cala.ok(["pull", "--quiet", "busybox"]);

const tools = await run("sh", ["-c", "command -v pasta || command -v slirp4netns"], { env: { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` } });
const activate = (await run("sh", ["-c", "command -v systemd-socket-activate"])).stdout.trim();

async function ask(port: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    let text = "";
    connect(port, "127.0.0.1").on("error", reject).on("close", () => resolve(text)).on("data", (bytes) => { text += bytes.toString(); });
  });
}

interface Activated {
  readonly ports: readonly number[];
  readonly ended: Promise<{ readonly code: number }>;
  readonly said: () => string;
}

let activations = 0;
async function activated(names: string, words: readonly string[]): Promise<Activated> {
  const file = join(cala.root, `ports-${activations++}`);
  const child = spawn(activator, [file, names, program, ...words], { env: cala.env, cwd: cala.home, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => { said += text; });
  const ended = endOf(child, 60_000, () => `${words.join(" ")} did not end; it said: ${said}`);
  ended.catch(() => {}); // reported where it is awaited
  await waitFor("the ports of the sockets", () => existsSync(file), 30_000);
  return { ports: readFileSync(file, "utf8").trim().split("\n").map(Number), ended, said: () => said };
}

for (const [network, needed] of [["default", true], ["activated", true], ["none", false]] as const) {
  for (const options of [[], ["-d"], ["--init"]]) {
    testIf(test, !needed || tools.code === 0, "pasta or slirp4netns", `run ${options.join(" ")} --network ${network}: the container serves two sockets that it was handed, with their names`, async () => {
      const { ports, ended, said } = await activated("web:admin", ["run", "--rm", ...options, "--network", network, "busybox", "payload", "activated", "2"]);
      assert.is(ports.length, 2);
      const [web, admin] = await Promise.all(ports.map(ask));
      assert.match(web ?? "", /^3 web:admin 127\.0\.0\.1 \d+\n$/, said());
      assert.match(admin ?? "", /^4 web:admin 127\.0\.0\.1 \d+\n$/, said());
      assert.is((await ended).code, 0, said());
    });
  }
}

test("start hands its sockets over, too, and a container that is restarted has them again", async () => {
  await cala.ok(["create", "--name", "again", "--network", "none", "--restart", "on-failure", "busybox", "sh", "-c", "payload activated 1; exit 1"]);
  const { ports: [port], ended } = await activated("one", ["start", "again"]);
  assert.is((await ended).code, 0);
  // The shell is process 1, the program that looks at LISTEN_PID is not.
  await waitFor("the complaint of a program that the sockets are not for", async () => /LISTEN_FDS is 1, LISTEN_PID 1/.test((await cala.run(["logs", "again"])).stdout), 30_000);
  await cala.ok(["rm", "-f", "-t", "0", "again"]);
  await cala.ok(["create", "--name", "again", "--network", "none", "--restart", "always", "busybox", "payload", "activated", "1"]);
  const second = await activated("one", ["start", "again"]);
  assert.is((await second.ended).code, 0);
  for (let answers = 0; answers < 3; answers++) assert.match(await ask(second.ports[0] ?? 0), /^3 one 127\.0\.0\.1/);
  await cala.ok(["rm", "-f", "-t", "0", "again"]);
  await waitFor("the socket to be closed", async () => await ask(port ?? 0).then(() => false, () => true), 30_000);
});

test("sockets for another process are left alone; a wrong LISTEN_FDS is an error that says so", async () => {
  const words = ["run", "--rm", "--network", "none", "busybox", "sh", "-c", "echo ${LISTEN_FDS-none}"];
  assert.is(await cala.ok(words, { env: { LISTEN_FDS: "1", LISTEN_PID: "1" } }), "none");
  for (const [count, message] of [["2", /descriptor 3 is no socket/], ["x", /LISTEN_FDS is "x", not a number/]] as const) {
    const finished = await run("sh", ["-c", `LISTEN_FDS=${count} LISTEN_PID=$$ exec "$@"`, "sh", program, ...words], { env: cala.env, cwd: cala.home });
    assert.is(finished.code, 125);
    assert.match(finished.stderr, message);
  }
  assert.is(await cala.ok(["ps", "-aq"]), "");
});

testIf(test, activate !== "", "systemd-socket-activate", "systemd-socket-activate starts a container at the first connection", async () => {
  const port = await freePort();
  const child = spawn(activate, ["--listen", `127.0.0.1:${port}`, "--fdname", "web", ...Object.entries(cala.env).map(([name, value]) => `--setenv=${name}=${value}`),
    program, "run", "--rm", "--network", "none", "busybox", "payload", "activated", "1"], { env: cala.env, cwd: cala.home, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => { said += text; });
  const ended = endOf(child, 60_000, () => `systemd-socket-activate did not end; it said: ${said}`);
  await waitFor("the socket", () => said.includes("Listening on"), 30_000);
  assert.match(await ask(port), /^3 web 127\.0\.0\.1 \d+\n$/, said);
  assert.is((await ended).code, 0, said);
});

test.run();
