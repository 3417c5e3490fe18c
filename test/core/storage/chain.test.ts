import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resolveDirs, type Dirs } from "../../../core/dirs/dirs.ts";
import { announce, chainTrees, discardedUpper, readChain, settle, snapshotsNamed, snapshotTree } from "../../../core/storage/chain.ts";

const test = suite<{ dirs: Dirs; dir: string; root: string }>("chains");
test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), "cala-chain-"));
  context.dirs = resolveDirs({}, context.root);
  context.dir = join(context.root, "container");
  mkdirSync(context.dir);
});
test.after.each(({ root }) => { rmSync(root, { recursive: true }); });

const before = { chain: ["a"], tags: [{ tag: "first", chain: ["a"], createdAt: "2026-01-01T00:00:00Z" }] };
const after = { chain: ["a", "b"], tags: [...before.tags, { tag: "second", chain: ["a", "b"], createdAt: "2026-01-02T00:00:00Z" }] };

test("a container without snapshots has an empty chain", ({ dirs, dir }) => {
  assert.equal(readChain(dirs, dir), { chain: [], tags: [] });
  assert.equal(snapshotsNamed(dir), []);
});

test("a snapshot that was killed before its rename has not happened, one killed after it has", ({ dirs, dir }) => {
  settle(dir, before);
  announce(dir, before, { kind: "snapshot", id: "b", next: after });
  assert.equal(readChain(dirs, dir), before);
  assert.equal([...new Set(snapshotsNamed(dir))].sort(), ["a", "b"]);
  mkdirSync(snapshotTree(dirs, "b"), { recursive: true });
  assert.equal(readChain(dirs, dir), after);
  assert.equal(chainTrees(dirs, dir), [snapshotTree(dirs, "a"), snapshotTree(dirs, "b")]);
});

test("a rollback that was killed before its rename has not happened, one killed after it has", ({ dirs, dir }) => {
  settle(dir, after);
  announce(dir, after, { kind: "rollback", next: { chain: before.chain, tags: after.tags } });
  assert.equal(readChain(dirs, dir), after);
  mkdirSync(discardedUpper(dir));
  assert.equal(readChain(dirs, dir), { chain: before.chain, tags: after.tags });
});

test.run();
