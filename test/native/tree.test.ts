/** Trees as a whole: removed, copied, written as tars. */
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, truncateSync, writeFileSync, chmodSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";
import { applet, diff, type Entry, hasIdRange, native, refusal, removeScratch, scratch, tarOf, unpack } from "./tar-fixture.ts";

needs("user namespaces with subordinate ids", hasIdRange());

const test = suite<{ dir: string }>("trees");
test.before.each((context) => { context.dir = scratch(); });
test.after.each((context) => { removeScratch(context.dir); });

const listing = "find . -mindepth 1 ! -type d -printf '%p %y %m %U:%G %s %n %T@ %l\\n' -o -mindepth 1 -type d -printf '%p %y %m %U:%G %T@\\n' | sort";
const listed = (dir: string, at: string): string => applet(dir, ["/bin/sh", "-c", `cd '${at}' && ${listing}`]).stdout.toString("latin1");

/** Everything that a tree can hold, in `layer/diff`. */
function makeTree(dir: string): void {
  const long = "n".repeat(120);
  const result = unpack(dir, tarOf(
    { name: "d", type: "5", mode: 0o2755, uid: 5, gid: 6, mtime: 1000 }, { name: "d/f", data: "hello", mode: 0o4755, uid: 65534, pax: { mtime: "1.000000005", "SCHILY.xattr.user.note": "n\n=" } },
    { name: "d/h", type: "1", link: "d/f" }, { name: "l", type: "2", link: "x".repeat(100), pax: { linkpath: "y".repeat(300) } }, { name: "p", type: "6" },
    { name: "e", data: "" }, { name: "x", data: "z", pax: { path: `${long}/${long}/deep` } }, { name: "old", data: "o", pax: { mtime: "-3.25" } }, { name: Buffer.from([0x61, 0x0a, 0xff]), data: "b" },
    { name: "ping", data: "x", mode: 0o755, pax: { "SCHILY.xattr.security.capability": Buffer.from("0100000200200000000000000000000000000000", "hex") } },
    { name: "s", data: "hello", pax: { "GNU.sparse.size": "3000000", "GNU.sparse.map": "0,2,2500000,3" } },
  ));
  assert.is(result.stderr, "");
}

test("a copy has owners, modes, times, links, holes and attributes", ({ dir }) => {
  makeTree(dir);
  mkdirSync(join(dir, "tree"));
  assert.is(applet(dir, ["copy-tree", diff(dir, "."), join(dir, "tree")]).stderr, "");
  assert.is(listed(dir, join(dir, "tree")), listed(dir, diff(dir, ".")));
  assert.is(statSync(join(dir, "tree/d/h")).ino, statSync(join(dir, "tree/d/f")).ino);
  assert.ok(statSync(join(dir, "tree/s")).blocks < 100);
  const names = applet(dir, ["/usr/bin/env", "python3", "-c", "import os,sys; print([(os.listxattr(p)) for p in sys.argv[1:]])", join(dir, "tree/ping"), join(dir, "tree/d/f")]).stdout.toString().trim();
  assert.is(names, "[['security.capability'], ['user.note']]");
});

test("a tar of a tree unpacks to the same tree, and is the same the next time", ({ dir }) => {
  makeTree(dir);
  const before = listed(dir, diff(dir, "."));
  const { stdout, stderr } = applet(dir, ["tree-changes", "--tar", diff(dir, "."), "--"]);
  assert.is(stderr, "");
  assert.ok(applet(dir, ["tree-changes", "--tar", diff(dir, "."), "--"]).stdout.equals(stdout));
  assert.is(unpack(dir, stdout).stderr, "");
  assert.is(listed(dir, diff(dir, ".")), before);
});

/** A layer of its own beside the others. */
function layer(dir: string, name: string, ...entries: readonly Entry[]): string {
  assert.is(unpack(dir, tarOf(...entries)).stderr, "");
  const place = join(dir, name);
  renameSync(diff(dir, "."), place);
  return place;
}

const base = [
  { name: "kept", data: "k" }, { name: "gone", data: "g" }, { name: "d", type: "5" }, { name: "d/gone", data: "g" }, { name: "d/stays", data: "s" },
  { name: "o", type: "5" }, { name: "o/hidden", data: "h" }, { name: "o/again", data: "1" }, { name: "changed", data: "one" }, { name: "kind", type: "5" }, { name: "kind/x", data: "x" },
];
const changes = [
  { name: ".wh.gone", data: "" }, { name: "d/.wh.gone", data: "" }, { name: "o", type: "5", mode: 0o700 }, { name: "o/.wh..wh..opq", data: "" }, { name: "o/again", data: "2" }, { name: "o/new", data: "n", uid: 3 },
  { name: "changed", data: "two" }, { name: "kind", data: "file" }, { name: "e", type: "5" }, { name: "sub", type: "5" }, { name: "sub/deep", data: "d" },
];
const wanted = ["C/changed", "C/d", "D/d/gone", "A/e", "D/gone", "C/kind", "C/o", "C/o/again", "D/o/hidden", "A/o/new", "A/sub", "A/sub/deep"];

const list = (dir: string, ...args: readonly string[]): string[] => applet(dir, ["tree-changes", ...args]).stdout.toString().split("\0").slice(0, -1);

test("changes are told by comparing stacks, whether they lie apart or in a tree of their own", ({ dir }) => {
  const lower = layer(dir, "lower", ...base);
  const upper = layer(dir, "upper", ...changes);
  assert.equal(list(dir, upper, lower, "--", lower), wanted);
  mkdirSync(join(dir, "merged"));
  for (const one of [lower, upper]) assert.is(applet(dir, ["copy-tree", "--merge", one, join(dir, "merged")]).stderr, "");
  assert.equal(list(dir, join(dir, "merged"), "--", lower), list(dir, upper, lower, "--", lower));
  assert.equal(list(dir, "--leave", "sub", "--leave-empty", "e", "--leave-empty", "kind", upper, lower, "--", lower), wanted.filter((line) => !["A/sub", "A/e"].includes(line)));
  assert.equal(list(dir, lower, "--", lower), []);
});

test("a file with other content is told, though its size and time are the same", ({ dir }) => {
  const lower = layer(dir, "lower", { name: "f", data: "one", mtime: 5 }, { name: "same", data: "s", mtime: 5 });
  const other = layer(dir, "other", { name: "f", data: "two", mtime: 5 }, { name: "same", data: "s", mtime: 5 });
  assert.equal(list(dir, other, "--", lower), ["C/f"]);
});

test("the changes as a tar are a layer that makes the same of the base", ({ dir }) => {
  const lower = layer(dir, "lower", ...base);
  const upper = layer(dir, "upper", ...changes);
  const tar = applet(dir, ["tree-changes", "--tar", upper, lower, "--", lower]).stdout;
  assert.is(unpack(dir, tar).stderr, "");
  assert.equal(list(dir, diff(dir, "."), lower, "--", upper, lower), []);
  const flat = applet(dir, ["tree-changes", "--tar", upper, lower, "--"]).stdout;
  renameSync(diff(dir, "."), join(dir, "again"));
  assert.is(unpack(dir, flat).stderr, "");
  assert.equal(list(dir, diff(dir, "."), "--", upper, lower), []);
});

test("a tree is removed whatever its modes and depth, but not what its links point to", ({ dir }) => {
  const outside = join(dir, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "kept"), "kept");
  let place = join(dir, "tree");
  mkdirSync(place);
  symlinkSync(outside, join(place, "link"));
  linkSync(join(outside, "kept"), join(place, "hard"));
  for (let depth = 0; depth < 1200; depth += 1) place = join(place, "d");
  mkdirSync(place.slice(0, 3000), { recursive: true });
  mkdirSync(join(dir, "tree", "closed"));
  writeFileSync(join(dir, "tree", "closed", "f"), "x");
  chmodSync(join(dir, "tree", "closed"), 0);
  assert.is(applet(dir, ["remove-tree", join(dir, "tree"), join(dir, "missing"), join(outside, "kept", "below")]).stderr, "");
  assert.not.ok(existsSync(join(dir, "tree")));
  assert.is(readFileSync(join(outside, "kept"), "utf8"), "kept");
});

test("relative paths and the root are refused", ({ dir }) => {
  for (const path of ["", "tree", "./x", "/", "//"]) assert.is(refusal(applet(dir, ["remove-tree", path])), "usage");
});

test("a mount below is not entered: the removal stops with its name", ({ dir }) => {
  mkdirSync(join(dir, "tree", "m"), { recursive: true });
  const script = `mount -t tmpfs none '${join(dir, "tree/m")}' && touch '${join(dir, "tree/m/inside")}' && '${native}' remove-tree '${join(dir, "tree")}'; test -e '${join(dir, "tree/m/inside")}' && echo kept; umount '${join(dir, "tree/m")}'`;
  const result = applet(dir, ["/bin/sh", "-c", script]);
  assert.is(result.stdout.toString().trim(), "kept");
  assert.is(refusal(result), "tree-has-mount");
});

test("merging layers hides and removes, as an overlay would", ({ dir }) => {
  mkdirSync(join(dir, "tree"));
  const layers = [
    tarOf({ name: "a/old", data: "1" }, { name: "o/hidden", data: "1" }, { name: "gone", data: "1" }, { name: "kind", type: "5" }, { name: "kind/x", data: "1" }),
    tarOf({ name: "a/.wh.old", data: "" }, { name: "a/new", data: "2" }, { name: "o/.wh..wh..opq", data: "" }, { name: "o/shown", data: "2" }, { name: ".wh.gone", data: "" }, { name: "kind", data: "file" }),
  ];
  for (const layer of layers) {
    assert.is(unpack(dir, layer).stderr, "");
    assert.is(applet(dir, ["copy-tree", "--merge", diff(dir, "."), join(dir, "tree")]).stderr, "");
  }
  assert.equal(readdirSync(join(dir, "tree"), { recursive: true }).sort(), ["a", "a/new", "kind", "o", "o/shown"]);
});

test("a copy that cannot be is told with its file", ({ dir }) => {
  mkdirSync(join(dir, "tree"));
  mkdirSync(join(dir, "layer"));
  writeFileSync(join(dir, "layer", "f"), "x");
  writeFileSync(join(dir, "tree", "f"), "there already");
  truncateSync(join(dir, "layer", "f"), 5);
  const result = applet(dir, ["copy-tree", join(dir, "layer"), join(dir, "tree")]);
  assert.is(refusal(result), "tree-not-copied");
  assert.match(result.stderr, /"entry":"f"/);
});

test.run();
