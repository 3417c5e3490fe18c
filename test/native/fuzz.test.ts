import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import { needs } from "../runner/skip.ts";
import { cacheFolder, sourceDir } from "../e2e/harness/places.ts";
import { runOk } from "../e2e/harness/spawn.ts";
import { prepareSuite } from "../e2e/harness/suite.ts";

needs("the plan reader's fuzzer", existsSync(join(sourceDir, "native", "fuzz-plan.c")));

const { cala } = await prepareSuite(test, "fuzz");

test("ten seconds of damaged plans: the reader refuses or accepts each, and never reads past its end", async () => {
  const out = cacheFolder("fuzz");
  await runOk("make", ["-s", "-C", join(sourceDir, "native"), "fuzz", `OUT=${out}`], { timeoutMs: 120_000 });
  const ids = [];
  ids.push(await cala.ok(["create", "--network", "none", "busybox", "true"]));
  ids.push(await cala.ok(["create", "-it", "-v", "vol:/v", "--tmpfs", "/t", "-p", "8000", "--ulimit", "nofile=9", "--cap-drop", "all", "busybox", "true"]));
  for (const id of ids) await cala.run(["start", id]);
  const plans = ids.map((id) => join(cala.root, "data/containers", id, "plan")).filter((path) => existsSync(path));
  await runOk(join(out, "fuzz-plan"), ["10", ...plans], { timeoutMs: 60_000 });
});

test("five seconds of hostile DNS messages: names of any length, loops of pointers, cut ends", async () => {
  const out = cacheFolder("fuzz");
  await runOk("make", ["-s", "-C", join(sourceDir, "native"), "fuzz", `OUT=${out}`], { timeoutMs: 120_000 });
  await runOk(join(out, "fuzz-dns"), ["5"], { timeoutMs: 60_000 });
});

test.run();
