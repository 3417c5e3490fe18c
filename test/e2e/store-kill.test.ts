// deadline: 1800 s
/**
 * SIGKILL at random moments of everything that changes the store: as many as a minute has room for, or N by CALA_KILL_ROUNDS=N; CALA_KILL_SEED
 * repeats a run.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { busyboxLayer } from "./harness/busybox.ts";
import { asNamespaceRoot } from "./harness/debian.ts";
import { startFakeRegistry } from "./harness/fake-registry.ts";
import { startRegistry } from "./harness/registry.ts";
import { run } from "./harness/spawn.ts";
import { breakStore, storeOperations, type StoreOperation } from "./harness/store-place.ts";
import { prepareSuite } from "./harness/suite.ts";
import { tarBytes } from "./harness/tar.ts";

const { cala } = await prepareSuite(test, "kill", []);
const asked = Number(process.env["CALA_KILL_ROUNDS"] ?? "0");
const rounds = asked > 0 ? asked : 640;
/** Many hundred on a machine that does nothing else; a slow one does what it can in this time. */
const secondsOfEach = asked > 0 ? 3600 : 15;
const leastOfEach = 6;
const seed = process.env["CALA_KILL_SEED"] ?? String(Date.now());
const fake = await startFakeRegistry();
const target = await startRegistry([], { empty: true });
test.after(async () => {
  await fake.stop();
  await target.stop();
});
cala.useRegistry(fake.address);
const data = join(cala.root, "data");

let numbers = 0;
/** The next number of this seed, from 0 to below 1. */
function random(): number {
  numbers += 1;
  return createHash("sha256").update(`${seed} ${numbers}`).digest().readUInt32BE(0) / 2 ** 32;
}

/** A layer of many small files and one big one, so that there are many moments. */
function layerOf(name: string): Buffer {
  const small = Array.from({ length: 60 }, (_, index) => ({ name: `${name}/${index}`, content: `${name} ${index}\n` }));
  return tarBytes([{ name: `${name}/`, type: "directory" as const }, ...small, { name: `${name}/big`, content: Buffer.from(Array.from({ length: 40_000 }, (_, index) => `${name}${index * 7919}\n`).join("")) }]);
}

const served = fake.serve("many", [await busyboxLayer(), layerOf("a"), layerOf("b"), layerOf("c")], { Cmd: ["cat", "/a/1", "/b/2", "/c/3"] });
const answer = "a 1\nb 2\nc 3";
const image = `${fake.address}/many`;

/** No damage, and everything works. */
async function assertSound(after: string): Promise<void> {
  const checked = await cala.run(["system", "check"]);
  assert.is(checked.code, 0, `seed ${seed}, ${after}: ${checked.stdout}${checked.stderr}`);
}

const plain = join(cala.home, "plain.tar");
writeFileSync(plain, layerOf("plain"));

/** When to kill, as a thousandth of the time that the command takes, and whether helpers are killed with it. */
interface Moment {
  readonly share: number;
  readonly all: boolean;
}

/** What one command's kills came to. */
interface Kills {
  readonly done: number;
  /** How often it was still there. */
  readonly hits: number;
}

/** One command, killed at so many moments, fewer when the time is over. */
async function killAt(operation: StoreOperation, moments: readonly Moment[], seconds: number): Promise<Kills> {
  const command = `${join(cala.root, "bin/cala")} ${operation.args}`;
  const printed = await breakStore(cala, operation, [
    // The first is not killed: it shows how long it takes (later ones correct that: a machine is not always as quick), and that the check finds nothing to say of it.
    `started=$(date +%s%3N); ${command} >$place/out 2>&1 3>&- 4>&- || fail 'it does not work at all' "$(cat $place/out)"; takes=$(($(date +%s%3N) - started)); sound`,
    `hits=0; number=0; end=$(($(date +%s) + ${seconds}))`,
    `for moment in ${moments.map(({ share, all }) => `${share}:${all ? "-" : ""}`).join(" ")}; do`,
    `  [ $number -lt ${leastOfEach} ] || [ $(date +%s) -lt $end ] || break`,
    "  number=$((number + 1)); after=$((takes * ${moment%:*} / 1000))",
    `  now="killed after $after ms\${moment#*:}, seed ${seed}"; restore`,
    `  setsid ${command} >/dev/null 2>&1 3>&- 4>&- & pid=$!`,
    "  sleep $((after / 1000)).$(printf %03d $((after % 1000))); if kill -KILL ${moment#*:}$pid 2>/dev/null; then hits=$((hits + 1)); takes=$((takes * 26 / 25 + 1)); else takes=$((takes * 9 / 10 + 1)); fi; wait $pid",
    "  sound; [ $((number % 4)) != 0 ] || again",
    "done", "echo $number kills, $hits hits",
  ], asked > 0 ? 3_000_000 : 900_000);
  const [, done = "0", hits = "0"] = /(\d+) kills, (\d+) hits\n$/.exec(printed) ?? [];
  return { done: Number(done), hits: Number(hits) };
}

test(`killed at up to ${rounds} random moments, the store is sound after each, and every later command works (seed ${seed})`, async () => {
  const operations = storeOperations({ image, tar: plain, target: target.address });
  const drawn = operations.map((operation) => ({ operation, moments: Array.from({ length: Math.ceil(rounds / operations.length) }, () => ({ share: 50 + Math.floor(random() * 950), all: random() < 0.5 })) }));
  const lane = async (which: number): Promise<Kills[]> => {
    const all: Kills[] = [];
    for (const { operation, moments } of drawn.filter((_, index) => index % 2 === which)) all.push(await killAt(operation, moments, secondsOfEach));
    return all;
  };
  const kills = (await Promise.all([lane(0), lane(1)])).flat();
  const [done, hits] = [kills.reduce((sum, each) => sum + each.done, 0), kills.reduce((sum, each) => sum + each.hits, 0)];
  if (asked > 0) console.log(`${done} kills, ${hits} in time`);
  assert.ok(hits > done / 8, `only ${hits} of ${done} kills came in time`);
});

test("layers that are complete when a pull is killed are not fetched again", async () => {
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
  assert.is(await cala.ok(["run", "--rm", "--network", "none", image]), answer);
});

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
