import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareBindSources } from "../../../core/spec/sources.ts";

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

test.run();
