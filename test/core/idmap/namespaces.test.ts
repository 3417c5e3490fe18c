import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { clock } from "../../../core/base/clock.ts";
import type { Dirs } from "../../../core/dirs/dirs.ts";
import { namespaceProbeFile } from "../../../core/dirs/paths.ts";
import { namespaceObstacle, namespaceObstacleNow } from "../../../core/idmap/namespaces.ts";

interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly signal?: string;
  readonly error?: Error;
}

/** What asks for namespaces, in place of the native program. */
const answers = (answer: () => Answer): typeof spawnSync => answer as unknown as typeof spawnSync;

function inDirs(body: (site: { dirs: Dirs; env: object & Record<string, string> }) => Promise<void> | void): () => Promise<void> {
  return async () => {
    const root = mkdtempSync(join(tmpdir(), "cala-namespaces-"));
    try {
      await body({ dirs: { data: root, cache: join(root, "cache"), config: root, state: root, runtime: root }, env: {} });
    } finally {
      rmSync(root, { recursive: true });
    }
  };
}

const untold: readonly (readonly [string, Answer, RegExp])[] = [
  ["the kernel had no memory", { status: 1, stdout: "ENOMEM\n" }, /: the kernel answers ENOMEM$/],
  ["the kernel had no processes", { status: 1, stdout: "EAGAIN\n" }, /: the kernel answers EAGAIN$/],
  ["the trial was killed", { status: null, stdout: "", signal: "SIGKILL" }, /: the trial was ended by SIGKILL$/],
  ["the trial could not be started", { status: null, stdout: "", error: new Error("spawnSync cala-native EMFILE") }, /native program cannot be started: spawnSync cala-native EMFILE$/],
];
for (const [what, answer, words] of untold) {
  test(`no verdict is kept where ${what}; the command says so`, inDirs((site) => {
    assert.throws(() => namespaceObstacleNow(site, answers(() => answer)), (error: { code?: string; message: string }) => /^(namespaces-untried|native-missing)$/.test(error.code ?? "") && words.test(error.message));
    assert.not.ok(existsSync(namespaceProbeFile(site.dirs)));
  }));
}

test("that a limit is reached holds for a command, not for the boot", inDirs((site) => {
  const { nowMs } = clock;
  let now = nowMs() - 3_600_000; // the next test asks an hour later
  let answer: Answer = { status: 1, stdout: "ENOSPC mount\n" };
  clock.nowMs = (): number => now;
  try {
    const asks = answers(() => answer);
    assert.match(namespaceObstacleNow(site, asks)?.reason ?? "", /^the limit of mount namespaces around this one is reached$|^(user|kernel)\./);
    if (existsSync(namespaceProbeFile(site.dirs))) return; // a setting of this host's forbids them for good
    answer = { status: 1, stdout: "EAGAIN\n" };
    assert.ok(namespaceObstacleNow(site, asks));
    now += 2000;
    assert.throws(() => namespaceObstacleNow(site, asks), /cannot find out/);
    assert.not.ok(existsSync(namespaceProbeFile(site.dirs)));
  } finally {
    clock.nowMs = nowMs;
  }
}));

test("one trial per boot and kind of session, remembered in a file; another session asks again", inDirs(async (site) => {
  let trials = 0;
  const refuses = answers(() => { trials += 1; return { status: 1, stdout: "EPERM\n" }; });
  const obstacle = namespaceObstacleNow(site, refuses);
  assert.ok((obstacle?.reason ?? "") !== "" && (obstacle?.fix ?? "") !== "");
  assert.equal(await namespaceObstacle(site), obstacle);
  assert.is(trials, 1);
  const file = namespaceProbeFile(site.dirs);
  const kept = JSON.parse(readFileSync(file, "utf8")) as { key: string };
  assert.match(kept.key, /^[0-9a-f-]{36} /);
  writeFileSync(file, JSON.stringify({ key: "another" }));
  assert.equal(namespaceObstacleNow(site, refuses), obstacle); // this process remembers
  assert.is(trials, 1);
}));

test.run();
