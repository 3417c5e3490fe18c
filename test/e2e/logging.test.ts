import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { monitorOf } from "./harness/monitor.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "logging");
const patience = 120_000;
const remove = async (...names: string[]): Promise<unknown> => await cala.ok(["rm", "-f", "-t", "0", ...names]);
const dirOf = async (name: string): Promise<string> => join(cala.root, "data/containers", await cala.ok(["inspect", "--format", "{{.Id}}", name]));

test("who follows a log that is rotated meanwhile misses no line", async () => {
  const lines = 20_000;
  await cala.ok(["run", "-d", "--name", "turns", "--network", "none", "--log-opt", "max-size=100k", "--log-opt", "max-file=100", "busybox", "sh", "-c", "i=0; while [ $i -lt 200 ]; do seq $((i * 100 + 1)) $((i * 100 + 100)); i=$((i + 1)); usleep 10000; done"]);
  const followed = await cala.run(["logs", "-f", "turns"], { timeoutMs: patience });
  const seen = followed.stdout.trimEnd().split("\n").map(Number);
  assert.is(seen.length, lines);
  assert.ok(seen.every((number, index) => number === index + 1), "every line, once, in order");
  assert.ok(readdirSync(await dirOf("turns")).filter((name) => /^log(\.\d+)?$/.test(name)).length > 5, "it was rotated");
  await remove("turns");
});

test("max-size and max-file bound what a flood leaves, and its last lines are there", async () => {
  await cala.ok(["run", "-d", "--name", "flood", "--network", "none", "--log-opt", "max-size=1m", "--log-opt", "max-file=3", "busybox", "sh", "-c", "seq 1 400000; exec sleep 1000"]);
  await waitFor("everything is written", async () => (await cala.ok(["logs", "--tail", "1", "flood"])) === "400000", patience);
  const dir = await dirOf("flood");
  const sizes = readdirSync(dir).filter((name) => /^log(\.\d+)?$/.test(name)).map((name) => statSync(join(dir, name)).size);
  assert.is(sizes.length, 3);
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= 3 * 1024 * 1024);
  const kept = (await cala.ok(["logs", "flood"])).split("\n").map(Number);
  assert.ok(kept.length > 1000 && kept.every((number, index) => number === (kept[0] ?? 0) + index), "what is kept has no gap");
  await remove("flood");
});

test("a monitor that has logged much keeps no more memory than one that has logged little", async () => {
  await cala.ok(["run", "-d", "--name", "much", "--network", "none", "--log-opt", "max-size=1m", "--log-opt", "max-file=2", "busybox", "sh", "-c", "seq 1 200000; echo half; while [ ! -e /go ]; do usleep 50000; done; i=0; while [ $i -lt 8 ]; do seq 1 400000; i=$((i + 1)); done; echo whole; exec sleep 1000"]);
  const { monitorPid } = await monitorOf(cala, "much");
  const kilobytes = (): number => Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${monitorPid}/status`, "utf8"))?.[1]);
  const written = async (word: string): Promise<unknown> => await waitFor(`it has written "${word}"`, async () => (await cala.ok(["logs", "--tail", "1", "much"])) === word, patience);
  await written("half");
  const before = kilobytes();
  await cala.ok(["exec", "much", "touch", "/go"]);
  await written("whole");
  // Given back after half a second of silence.
  await waitFor(`no more memory than ${before} kB, and some more`, () => kilobytes() <= before + 64, patience);
  await remove("much");
});

test("several logs are told apart by ids, names and colours, and followed at once", async () => {
  for (const name of ["left", "right"]) await cala.ok(["run", "-d", "--name", name, "--network", "none", "busybox", "sh", "-c", `echo from ${name}; echo bad ${name} >&2`]);
  await cala.ok(["wait", "left", "right"]);
  const ids = await Promise.all(["left", "right"].map(async (name) => (await cala.ok(["inspect", "--format", "{{.Id}}", name])).slice(0, 12)));
  const plain = await cala.run(["logs", "left", "right"]);
  assert.equal([plain.stdout, plain.stderr], [`${ids[0] ?? ""} from left\n${ids[1] ?? ""} from right\n`, `${ids[0] ?? ""} bad left\n${ids[1] ?? ""} bad right\n`]);
  const followed = await cala.run(["logs", "-f", "--names", "--color", "left", "right"]);
  assert.equal(followed.stdout.split("\n").filter((line) => line !== "").sort(), ["\u001b[31mleft\u001b[0m from left", "\u001b[32mright\u001b[0m from right"]);
  assert.is((await cala.run(["logs", "--names", "--color", "left"])).stdout, "from left\n");
  assert.is((await cala.run(["logs", "left", "nothing"])).code, 125);
  await remove("left", "right");
});

test("a log at a path of one's choice is written, rotated, read and followed there, with what its lines are to carry", async () => {
  const file = join(cala.home, "own.log");
  await cala.ok(["run", "-d", "--name", "own", "--network", "none", "-e", "WHO=me", "-l", "tier=front", "--log-opt", `path=${file}`, "--log-opt", "tag={{.Name}}/{{.ID}}", "--log-opt", "labels=tier,none", "--log-opt", "env=WHO", "busybox", "sh", "-c", "echo first; sleep 0.2; echo last"]);
  assert.is((await cala.run(["logs", "-f", "own"], { timeoutMs: patience })).stdout, "first\nlast\n");
  const id = (await cala.ok(["inspect", "--format", "{{.Id}}", "own"])).slice(0, 12);
  const record = JSON.parse(readFileSync(file, "utf8").split("\n")[0] ?? "") as Record<string, unknown>;
  assert.equal([record["log"], record["attrs"]], ["first\n", { tier: "front", WHO: "me", tag: `own/${id}` }]);
  assert.is(await cala.ok(["inspect", "--format", "{{.HostConfig.LogConfig.Path}}", "own"]), file);
  assert.not.ok(existsSync(join(await dirOf("own"), "log")));
  await remove("own");
});

test("with passthrough the container has the caller's streams, and nothing is kept", async () => {
  const through = await cala.run(["run", "--name", "through", "--network", "none", "--log-driver", "passthrough", "busybox", "sh", "-c", "cat; echo err >&2; exit 3"], { input: "typed\n" });
  assert.equal([through.code, through.stdout, through.stderr], [3, "typed\n", "err\n"]);
  assert.match((await cala.fails(["logs", "through"])).stderr, /cannot read logs/);
  assert.match((await cala.fails(["run", "--rm", "-t", "--log-driver", "passthrough", "busybox", "true"])).stderr, /terminal/);
  await remove("through");
});

test("an option that a driver does not have is refused, and so is a journal that is not there", async () => {
  assert.match((await cala.fails(["create", "--log-driver", "none", "--log-opt", "max-size=1m", "busybox"])).stderr, /no option "max-size"/);
  assert.match((await cala.fails(["create", "--log-opt", "tag={{.Colour}}", "busybox"])).stderr, /is no field/);
  assert.match((await cala.fails(["create", "--log-opt", "mode=non-blocking", "busybox"])).stderr, /mode=non-blocking/);
  if (existsSync("/run/systemd/journal/socket")) return;
  assert.match((await cala.fails(["create", "--log-driver", "journald", "busybox"])).stderr, /does not run here/);
});

test("with --syslog warnings and errors go through the host's logger, too", async () => {
  const [bin, told] = [join(cala.home, "logger-bin"), join(cala.home, "logged")];
  mkdirSync(bin);
  writeFileSync(join(bin, "logger"), `#!/bin/sh\necho "$@" >>${told}\n`, { mode: 0o755 });
  const env = { PATH: `${bin}:${process.env["PATH"] ?? ""}` };
  assert.match((await cala.fails(["--syslog", "start", "nothere"], { env })).stderr, /^Error: no container with name/);
  assert.match((await cala.fails(["--syslog", "inspect", "--format", "{{", "nothere"], { env })).stderr, /^Error: /);
  const lines = readFileSync(told, "utf8").trim().split("\n");
  assert.match(lines[0] ?? "", /^--tag cala --priority user\.err -- Error: no container with name or ID "nothere".* Hint: cala ps --all$/);
  assert.is(lines.length, 2);
  await cala.fails(["start", "nothere"], { env });
  assert.is(readFileSync(told, "utf8").trim().split("\n").length, 2, "only with the option");
});

test("pid files tell the container's process and its monitor", async () => {
  await cala.ok(["run", "-d", "--name", "filed", "--network", "none", "--pidfile", "first.pid", "--conmon-pidfile", "monitor.pid", "busybox", "sleep", "1000"]);
  const { pid, monitorPid } = await monitorOf(cala, "filed");
  assert.equal(["first.pid", "monitor.pid"].map((name) => readFileSync(join(cala.home, name), "utf8")), [String(pid), String(monitorPid)]);
  assert.match((await cala.fails(["create", "--pidfile", "/proc/x", "busybox"])).stderr, /cannot be written to/);
  await remove("filed");
});

test("a container that is to tell the service manager itself is given a socket for it", async () => {
  const seen = await cala.ok(["run", "--rm", "--network", "none", "busybox", "sh", "-c", "echo $NOTIFY_SOCKET; test -S $NOTIFY_SOCKET && echo socket"], { env: { NOTIFY_SOCKET: join(cala.home, "manager") } });
  assert.is(seen, "/run/notify/socket\nsocket");
  assert.is(await cala.ok(["run", "--rm", "--network", "none", "--sdnotify", "ignore", "busybox", "sh", "-c", "echo none$NOTIFY_SOCKET"], { env: { NOTIFY_SOCKET: join(cala.home, "manager") } }), "none");
  assert.match((await cala.fails(["create", "--sdnotify", "healthy", "busybox"])).stderr, /requires a healthcheck/);
});

test.run();
