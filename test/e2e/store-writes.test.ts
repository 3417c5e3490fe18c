// deadline: 3600 s
/**
 * SIGKILL at the system calls by which commands change the store, and a disk that is full from one of them on: at every one of a pull, at
 * some of the others. CALA_KILL_ROUNDS=1 tries every one of all commands, both ways of killing.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { testIf } from "../runner/skip.ts";
import { asNamespaceRoot } from "./harness/debian.ts";
import { startFakeRegistry } from "./harness/fake-registry.ts";
import { fixtureProgram } from "./harness/programs.ts";
import { startRegistry } from "./harness/registry.ts";
import { run } from "./harness/spawn.ts";
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

interface Operation {
  readonly name: string;
  /** Shell lines that make the store as it is before. */
  readonly before: string;
  readonly args: string;
  /** What shows afterwards, with nothing broken off, that it can be done again. */
  readonly again?: string;
}

const archive = "$place/small.tar";
const operations: readonly Operation[] = [
  { name: "pull", before: "", args: `pull -q ${image}` },
  { name: "load", before: `cala pull -q ${image} && cala save -q -o ${archive} ${image} && cala rmi -f ${image}`, args: `load -q -i ${archive}` },
  { name: "import", before: "", args: `import -q ${plain} localhost/imported` },
  { name: "rmi", before: `cala pull -q ${image}`, args: `rmi -f ${image}`, again: `rmi -f -i ${image}` },
  { name: "image prune", before: `cala pull -q ${image} && cala import -q ${plain} localhost/imported`, args: "image prune -a -f" },
  { name: "system prune", before: `cala pull -q ${image} && cala create --name gone --network none ${image}`, args: "system prune -a -f" },
  { name: "push", before: `cala pull -q ${image}`, args: `push -q --tls-verify=false ${image} ${target.address}/small:$number` },
  { name: "commit", before: `cala pull -q ${image} && cala create --name kept --network none ${image} && cala cp ${plain} kept:/new`, args: "commit -q kept localhost/committed" },
];

/** What a command says of a full disk. */
const fullWords = "space left|no space|no room|ENOSPC";

/** One command, killed at some of its calls; `every` is 1 for all of them. */
async function killAt({ name, before, args, again }: Operation, modes: readonly string[], every: number, offset: number): Promise<number> {
  const place = join(cala.root, `place-${name.replace(" ", "-")}-${modes.join("-")}`);
  mkdirSync(place);
  const script = [
    "set -u", `place=${place}; number=0`, "mount -t tmpfs -o size=300m none $place || exit 2", "export HOME=$place XDG_RUNTIME_DIR=$place CALA_ROOT=$place/root",
    `cala() { ${join(cala.root, "bin/cala")} "$@"; }`,
    `fail() { echo "${name}, $mode at call $number of $total: $1"; shift; printf '%s\\n' "$@"; exit 1; }`,
    "mkdir $CALA_ROOT || exit 3", `{ ${before === "" ? "true" : before}; } >$place/out 2>&1 || { cat $place/out; exit 4; }`,
    "cp -a $CALA_ROOT $place/template",
    "restore() { rm -rf $CALA_ROOT && cp -a $place/template $CALA_ROOT; }",
    `total=$(${killer} 0 all ${join(cala.root, "bin/cala")} ${args} 2>$place/out | tail -1) || { cat $place/out; exit 5; }`,
    `number=${1 + offset}`, "tried=0",
    "while [ $number -le $total ]; do",
    ...modes.flatMap((mode) => [
      `  mode=${mode}; restore`,
      // Its words go through a pipe, which is no file on the disk.
      `  { ${killer} $number $mode ${join(cala.root, "bin/cala")} ${args} 2>&1 >/dev/null; echo $? >$place/code; } | cat >$place/words; code=$(cat $place/code)`,
      ...(mode === "full" ? [`  [ $code = 0 ] || grep -qiE '${fullWords}' $place/words || fail "it ended with $code and these words" "$(cat $place/words)"`] : []),
      "  found=$(cala system check 2>&1) || fail 'the store is damaged' \"$found\"",
      `  [ $((tried % 4)) = 0 ] && { found=$(cala ${again ?? args} 2>&1) || fail 'it cannot be done again' "$found"; }`,
      "  tried=$((tried + 1))",
    ]),
    `  number=$((number + ${every}))`,
    "done", "echo $tried of $total",
  ].join("\n");
  const finished = await run("unshare", [...asNamespaceRoot(), "--mount", "--propagation", "private", "sh", "-c", script], { env: cala.env, timeoutMs: everything ? 3_000_000 : 280_000 });
  assert.is(finished.code, 0, `${finished.stdout}${finished.stderr}`);
  const [, tried = "0", total = "0"] = /(\d+) of (\d+)\n$/.exec(finished.stdout) ?? [];
  assert.ok(Number(total) > 8, `${name} changed the store by ${total} calls`);
  return Number(tried);
}

const sample = 17;

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
  const lane = async (which: readonly Operation[]): Promise<void> => {
    for (const operation of which) assert.ok(await killAt(operation, ["full"], everything ? 1 : sample, everything ? 0 : 5) > 0);
  };
  await Promise.all([lane(operations.slice(0, 4)), lane(operations.slice(4))]);
});

test.run();
