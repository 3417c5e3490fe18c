import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { expandGlobs, prepareBindSources } from "../../../core/spec/sources.ts";

test("a missing source is an error, or made where that was asked", () => {
  const root = mkdtempSync(join(tmpdir(), "cala-sources-"));
  try {
    const source = join(root, "a", "b");
    const bind = { kind: "bind", source, target: "/x", options: [] } as const;
    assert.throws(() => prepareBindSources([{ ...bind, createSource: false }]), (error: Error) => error.message === `statfs ${source}: no such file or directory`);
    assert.not.ok(existsSync(source));
    prepareBindSources([{ ...bind, createSource: true }]);
    assert.ok(existsSync(source));
    prepareBindSources([{ ...bind, createSource: false }]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("a pattern becomes a bind for each path that it matches; hidden files must be named", () => {
  const root = mkdtempSync(join(tmpdir(), "cala-globs-"));
  try {
    for (const name of ["b.conf", "a.conf", ".c.conf", "d.txt"]) writeFileSync(join(root, name), "");
    const glob = (pattern: string, target: string): string => expandGlobs([{ kind: "glob", source: join(root, pattern), target, options: ["ro"] }]).map((mount) => `${mount.kind} ${mount.target}`).join(" ");
    assert.is(glob("*.conf", "/etc/x"), "bind /etc/x/a.conf bind /etc/x/b.conf");
    assert.is(glob("d.tx?", "/"), `bind ${join(root, "d.txt")}`);
    assert.is(glob(".*.conf", "/e"), "bind /e/.c.conf");
    assert.is(glob("[ab].conf", "/e"), "bind /e/a.conf bind /e/b.conf");
    assert.throws(() => glob("*.none", "/e"), (error: Error) => error.message.includes("no file path matching"));
  } finally {
    rmSync(root, { recursive: true });
  }
});

test.run();
