// deadline: 3600 s
/**
 * SIGKILL at the system calls by which commands change the store, and a disk that is full from one of them on: at every one of a pull, at
 * some of the others. CALA_KILL_ROUNDS=1 tries every one of all commands, both ways of killing.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { testIf } from "../runner/skip.ts";
import { asNamespaceRoot } from "./harness/debian.ts";
import { startFakeRegistry } from "./harness/fake-registry.ts";
import { fixtureProgram } from "./harness/programs.ts";
import { startRegistry } from "./harness/registry.ts";
import { run } from "./harness/spawn.ts";
import { breakStore, storeOperations, type StoreOperation } from "./harness/store-place.ts";
import { prepareSuite } from "./harness/suite.ts";
import { tarBytes } from "./harness/tar.ts";

const { cala } = await prepareSuite(test, "writes", []);
const everything = Number(process.env["CALA_KILL_ROUNDS"] ?? "0") > 0;
const fake = await startFakeRegistry();
const target = await startRegistry([], { empty: true });
test.after(async () => {
  await fake.stop();
  await target.stop();
});
cala.useRegistry(fake.address);
const image = `${fake.address}/small`;
const layer = (name: string): Buffer => tarBytes([
  { name: `${name}/`, type: "directory" }, { name: `${name}/file`, content: `${name}\n`, uid: 7, gid: 7 }, { name: `${name}/link`, type: "symlink", target: "file" },
  { name: `${name}/hard`, type: "hardlink", target: `${name}/file` }, { name: `${name}/.wh.gone`, content: "" },
]);
fake.serve("small", [layer("a"), layer("b")], { Cmd: ["none"] });
const plain = join(cala.home, "plain.tar");
writeFileSync(plain, layer("plain"));

const killer = await fixtureProgram("killer");
/** As root of a user namespace a filter of system calls needs no_new_privs no more, which would change what cala does. */
const canFilter = (await run("unshare", [...asNamespaceRoot(), killer, "0", "all", "true"])).code === 0;

const operations = storeOperations({ image, tar: plain, target: target.address });

/** What a command says of a full disk. */
const fullWords = "space left|no space|no room|ENOSPC";

/** One command, killed at some of its calls; `every` is 1 for all of them. @returns how often */
async function killAt(operation: StoreOperation, modes: readonly string[], every: number, offset: number): Promise<number> {
  const command = `${join(cala.root, "bin/cala")} ${operation.args} 3>&- 4>&-`;
  const printed = await breakStore(cala, operation, [
    `total=$(${killer} 0 all ${command} 2>$place/out | tail -1) || { cat $place/out; exit 5; }`,
    `number=${1 + offset}; tried=0`,
    "while [ $number -le $total ]; do",
    ...modes.flatMap((mode) => [
      `  now="${mode} at call $number of $total"; restore`,
      // Its words go through a pipe, which is no file on the disk.
      `  { ${killer} $number ${mode} ${command} 2>&1 >/dev/null; echo $? >$place/code; } | cat >$place/words; code=$(cat $place/code)`,
      ...(mode === "full" ? [`  [ $code = 0 ] || grep -qiE '${fullWords}' $place/words || fail "it ended with $code and these words" "$(cat $place/words)"`] : []),
      "  sound; [ $((tried % 4)) != 0 ] || again", "  tried=$((tried + 1))",
    ]),
    `  number=$((number + ${every}))`,
    "done", "echo $tried of $total",
  ], everything ? 3_000_000 : 900_000);
  const [, tried = "0", total = "0"] = /(\d+) of (\d+)\n$/.exec(printed) ?? [];
  assert.ok(Number(total) > 8, `${operation.name} changed the store by ${total} calls`);
  return Number(tried);
}

const sample = 23;

testIf(test, canFilter, "filters of system calls in user namespaces", "killed at every call by which a pull changes the store, the store is sound, and the pull can be done again", async () => {
  const [pull] = operations;
  if (pull === undefined) throw new Error("no pull");
  const tried = await Promise.all(everything ? [killAt(pull, ["all"], 1, 0), killAt(pull, ["one"], 1, 0)] : [killAt(pull, ["all"], 2, 0), killAt(pull, ["one"], 2, 1)]);
  assert.ok(tried.reduce((sum, each) => sum + each, 0) > 60, `${tried.join(" and ")} calls`);
});

testIf(test, canFilter, "filters of system calls in user namespaces", "the same for load, import, rmi, prunes, push and commit, at some of their calls", async () => {
  const rest = operations.slice(1);
  const lane = async (mode: string, offset: number): Promise<void> => {
    for (const operation of rest) assert.ok(await killAt(operation, [mode], everything ? 1 : sample, everything ? 0 : offset) > 0);
  };
  await Promise.all([lane("all", 3), lane("one", 11)]);
});

testIf(test, canFilter, "filters of system calls in user namespaces", "with a disk that is full from one call on, each of them says so and leaves the store sound", async () => {
  const lane = async (which: readonly StoreOperation[]): Promise<void> => {
    for (const operation of which) assert.ok(await killAt(operation, ["full"], everything ? 1 : sample, everything ? 0 : 5) > 0);
  };
  await Promise.all([lane(operations.slice(0, 4)), lane(operations.slice(4))]);
});

test.run();
