import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cgroupKind, detectCgroups, ownCgroup, readWords } from "../../../core/cgroup/detect.ts";

test("the own group is in the v2 line", () => {
  assert.is(ownCgroup("12:cpu:/a\n0::/user.slice/x.scope\n"), "/user.slice/x.scope");
  assert.is(ownCgroup("4:memory:/a\n"), "/");
});
test("a directory that is no cgroup mount", () => {
  const root = mkdtempSync(join(tmpdir(), "cala-cgroup-"));
  try {
    assert.is(cgroupKind(root), "none");
    assert.is(cgroupKind(join(root, "missing")), "none");
    mkdirSync(join(root, "cpu"));
    assert.is(cgroupKind(root), "v1");
    assert.equal({ ...detectCgroups({}, root), runtimeDir: "" }, { kind: "v1", own: "", controllers: [], writable: false, runtimeDir: "" });
    writeFileSync(join(root, "words"), "cpu memory\n");
    assert.equal(readWords(join(root, "words")), ["cpu", "memory"]);
    assert.equal(readWords(join(root, "none")), []);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test.run();
