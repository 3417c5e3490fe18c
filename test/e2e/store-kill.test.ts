// deadline: 600 s
/**
 * SIGKILL at random moments, and at write system calls, of everything that changes the store. CALA_KILL_ROUNDS=N makes the rounds many
 * (and every call is tried); CALA_KILL_SEED repeats a run.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { testIf } from "../runner/skip.ts";
import { busyboxLayer } from "./harness/busybox.ts";
import { asNamespaceRoot } from "./harness/debian.ts";
import { startFakeRegistry } from "./harness/fake-registry.ts";
import { startRegistry } from "./harness/registry.ts";
import { run } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";
import { tarBytes } from "./harness/tar.ts";

const { cala } = await prepareSuite(test, "kill", []);
const asked = Number(process.env["CALA_KILL_ROUNDS"] ?? "0");
const rounds = asked > 0 ? asked : 24;
const seed = process.env["CALA_KILL_SEED"] ?? String(Date.now());
const fake = await startFakeRegistry();
const target = await startRegistry([], { empty: true });
test.after(async () => {
  await fake.stop();
  await target.stop();
});
cala.useRegistry(fake.address);
const data = join(cala.root, "data");

let drawn = 0;
/** The next number of this seed, from 0 to below 1. */
function random(): number {
  drawn += 1;
  return createHash("sha256").update(`${seed} ${drawn}`).digest().readUInt32BE(0) / 2 ** 32;
}

/** A layer of many small files and one big one, so that there are many moments. */
function layerOf(name: string): Buffer {
  const small = Array.from({ length: 60 }, (_, index) => ({ name: `${name}/${index}`, content: `${name} ${index}\n` }));
  return tarBytes([{ name: `${name}/`, type: "directory" as const }, ...small, { name: `${name}/big`, content: Buffer.from(Array.from({ length: 40_000 }, (_, index) => `${name}${index * 7919}\n`).join("")) }]);
}

const served = fake.serve("many", [await busyboxLayer(), layerOf("a"), layerOf("b"), layerOf("c")], { Cmd: ["cat", "/a/1", "/b/2", "/c/3"] });
const answer = "a 1\nb 2\nc 3";
const image = `${fake.address}/many`;

/** Starts cala and kills it after so long: it alone, or with every helper. @returns whether it was still there */
async function killed(args: readonly string[], afterMs: number, withHelpers: boolean): Promise<boolean> {
  const child = spawn(join(cala.root, "bin/cala"), [...args], { cwd: cala.home, env: cala.env, stdio: "ignore", detached: true });
  const ended = new Promise<boolean>((resolve) => child.on("exit", (_code, signal) => resolve(signal === "SIGKILL")));
  const timer = setTimeout(() => {
    if (child.pid === undefined) return;
    try {
      process.kill(withHelpers ? -child.pid : child.pid, "SIGKILL");
    } catch {
      // It was faster.
    }
  }, afterMs);
  const wasKilled = await ended;
  clearTimeout(timer);
  return wasKilled;
}

/** No damage, and everything works. */
async function assertSound(after: string): Promise<void> {
  const checked = await cala.run(["system", "check"]);
  assert.is(checked.code, 0, `seed ${seed}, ${after}: ${checked.stdout}${checked.stderr}`);
}

const archive = join(cala.home, "many.tar");
const plain = join(cala.home, "plain.tar");
const operations: readonly (readonly [name: string, prepare: readonly string[] | undefined, args: readonly string[]])[] = [
  ["pull", ["rmi", "-f", "-i", image], ["pull", "-q", image]],
  ["load", ["rmi", "-f", "-i", image], ["load", "-q", "-i", archive]],
  ["import", undefined, ["import", "-q", plain, "localhost/imported"]],
  ["rmi", ["pull", "-q", image], ["rmi", "-f", image]],
  ["image prune", ["pull", "-q", image], ["image", "prune", "-a", "-f"]],
  ["push", ["pull", "-q", image], ["push", "-q", "--tls-verify=false", image, `${target.address}/many`]],
  ["commit", ["pull", "-q", image], ["commit", "-q", "keeper", "localhost/committed"]],
  ["system prune", ["create", "--network", "none", image], ["system", "prune", "-f"]],
];

test("prepare: the image, its archive, a container to commit", async () => {
  await cala.ok(["run", "--name", "keeper", "--network", "none", image, "sh", "-c", "echo new >/new; rm /a/1"]);
  await cala.ok(["save", "-q", "-o", archive, image]);
  writeFileSync(plain, layerOf("plain"));
  assert.match(await cala.ok(["system", "check"]), /^no damage: 1 images, 4 layers/);
});

test(`killed at ${rounds} random moments, the store is sound after each, and every later command works (seed ${seed})`, async () => {
  let hits = 0;
  for (let round = 0; round < rounds; round += 1) {
    const [name, prepare, args] = operations[round % operations.length] ?? ["", undefined, []];
    if (prepare !== undefined) await cala.run(prepare);
    const afterMs = Math.floor(40 + random() * 900);
    const withHelpers = random() < 0.5;
    if (await killed(args, afterMs, withHelpers)) hits += 1;
    await assertSound(`${name} killed after ${afterMs} ms${withHelpers ? " with its helpers" : ""}`);
  }
  assert.ok(hits > rounds / 8, `only ${hits} of ${rounds} kills came in time`);
  assert.is(await cala.ok(["run", "--rm", "--network", "none", image]), answer);
});

test("layers that are complete when a pull is killed are not fetched again", async () => {
  await cala.ok(["rm", "-f", "-a"]);
  await cala.ok(["rmi", "-f", "-a"]);
  const last = `/v2/many/blobs/${served.layers[3]?.digest ?? ""}`;
  const held = fake.hold(last);
  const pulling = spawn(join(cala.root, "bin/cala"), ["pull", "-q", image], { cwd: cala.home, env: cala.env, stdio: "ignore", detached: true });
  const ended = new Promise((resolve) => pulling.on("exit", resolve));
  const { waitFor } = await import("./harness/wait-for.ts");
  await waitFor("three layers", () => readdirSync(join(data, "layers")).length === 3);
  process.kill(-(pulling.pid ?? 0), "SIGKILL");
  await ended;
  held.release();
  await assertSound("pull killed before its last layer");
  const before = fake.requests.length;
  await cala.ok(["pull", "-q", image]);
  const fetched = fake.requests.slice(before).filter((line) => line.startsWith("GET") && served.layers.some(({ digest }) => line.endsWith(digest)));
  assert.equal(fetched, [`GET ${last}`]);
});

const writes = "write,pwrite64,writev,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,symlink,symlinkat,link,linkat,ftruncate,fsync,mknodat,fchownat,fchmod,utimensat,flock";
const haveStrace = (await run("sh", ["-c", "command -v strace && strace -o /dev/null true"])).code === 0;

/** Runs cala under strace with an injection; what it writes is thrown away. */
async function traced(options: readonly string[], args: readonly string[]): Promise<void> {
  await run("strace", ["-f", "--seccomp-bpf", "-qq", "-e", `trace=${writes}`, ...options, join(cala.root, "bin/cala"), ...args], { env: cala.env, cwd: cala.home, timeoutMs: 120_000 });
}

testIf(test, haveStrace, "strace", "killed at a write system call of a pull, whichever, the store is sound and the next pull works", async () => {
  await cala.ok(["rmi", "-f", "-a"]);
  // A traced program cannot raise its ids through newuidmap: the user namespace must be there.
  const keeper = await keepNamespace();
  try {
    const log = join(cala.home, "strace.log");
    await traced(["-o", log], ["pull", "-q", image]);
    const perProcess = new Map<string, number>();
    for (const line of readFileSync(log, "utf8").split("\n")) {
      const pid = line.split(" ")[0] ?? "";
      perProcess.set(pid, (perProcess.get(pid) ?? 0) + 1);
    }
    const most = Math.max(...perProcess.values());
    assert.ok(most > 30, `strace saw ${most} calls`);
    const tried = asked > 0 ? most : 6;
    for (let step = 0; step < tried; step += 1) {
      const when = asked > 0 ? step + 1 : 1 + Math.floor(((step + random()) * most) / tried);
      await cala.run(["rmi", "-f", "-i", image]);
      await traced(["-o", "/dev/null", "-e", `inject=${writes}:signal=SIGKILL:when=${when}`], ["pull", "-q", image]);
      await assertSound(`pull killed at its write call ${when}`);
    }
    await cala.ok(["pull", "-q", image]);
    assert.is(await cala.ok(["run", "--rm", "--network", "none", image]), answer);
  } finally {
    await keeper();
  }
});

/** A container that lives, and with it the outer user namespace. */
async function keepNamespace(): Promise<() => Promise<void>> {
  await cala.ok(["rm", "-f", "-i", "holder"]);
  const file = join(cala.home, "keeper.tar");
  writeFileSync(file, await busyboxLayer());
  await cala.ok(["import", "-q", file, "localhost/keeper"]);
  await cala.ok(["run", "-d", "--name", "holder", "--network", "none", "localhost/keeper", "sleep", "3600"]);
  return async () => void await cala.ok(["rm", "-f", "-t", "0", "holder"]);
}

test("a full disk is told, leaves the store sound, and what fits still works", async () => {
  const place = join(cala.root, "small");
  mkdirSync(place, { recursive: true });
  const big = join(cala.home, "big.tar");
  writeFileSync(big, tarBytes([{ name: "zeros", content: Buffer.alloc(12 * 2 ** 20, 1) }]));
  const script = [
    `mount -t tmpfs -o size=8m none ${place}`,
    `export CALA_ROOT=${place}`, `c=${join(cala.root, "bin/cala")}`,
    `$c import -q ${plain} small || exit 10`,
    `$c import -q ${big} big 2>${place}.words && exit 11`,
    "$c system check || exit 12",
    "test \"$($c images -q | wc -l)\" = 1 || exit 13",
    "$c rmi small || exit 14",
    `$c import -q ${plain} again || exit 15`,
    "$c system check || exit 16",
    // Full to the last byte: nothing can be written, yet removing works.
    `head -c 8m /dev/zero >${place}/filler 2>/dev/null`,
    `$c tag again more 2>>${place}.words`,
    "$c rmi -f again || exit 17",
    `rm ${place}/filler`,
    "$c system check || exit 18",
  ].join("\n");
  const finished = await run("unshare", [...asNamespaceRoot(), "--mount", "--propagation", "private", "sh", "-c", script], { env: cala.env, timeoutMs: 120_000 });
  assert.is(finished.code, 0, `${finished.stdout}${finished.stderr}`);
  assert.match(readFileSync(`${place}.words`, "utf8"), /No space left|no room|no space/i);
});

test.run();
