import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Dirs } from "../../../core/dirs/dirs.ts";
import { namespaceProbeFile } from "../../../core/dirs/paths.ts";
import { namespaceObstacle, namespaceObstacleNow } from "../../../core/idmap/namespaces.ts";

test("one trial per boot and kind of session, remembered in a file; another session asks again", async () => {
  const root = mkdtempSync(join(tmpdir(), "cala-namespaces-"));
  const dirs: Dirs = { data: root, cache: join(root, "cache"), config: root, state: root, runtime: root };
  const site = { dirs, env: {} };
  let trials = 0;
  const refuses = ((): { status: number; stdout: string } => { trials += 1; return { status: 1, stdout: "EPERM\n" }; }) as unknown as typeof spawnSync;
  try {
    const obstacle = namespaceObstacleNow(site, refuses);
    assert.ok((obstacle?.reason ?? "") !== "" && (obstacle?.fix ?? "") !== "");
    assert.equal(await namespaceObstacle(site), obstacle);
    assert.is(trials, 1);
    const file = namespaceProbeFile(dirs);
    const kept = JSON.parse(readFileSync(file, "utf8")) as { key: string };
    assert.match(kept.key, /^[0-9a-f-]{36} /);
    writeFileSync(file, JSON.stringify({ key: "another" }));
    assert.equal(namespaceObstacleNow(site, refuses), obstacle); // this process remembers
    assert.is(trials, 1);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test.run();
