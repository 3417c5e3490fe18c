import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CgroupSupport } from "../../../core/cgroup/detect.ts";
import { placeCgroup } from "../../../core/cgroup/place.ts";

const id = "a".repeat(64);
const none: CgroupSupport = { kind: "hybrid", own: "", controllers: [], writable: false, systemd: false };

test("without limits nothing is placed and nothing said", async () => assert.equal(await placeCgroup(id, {}, none), { paths: [], limits: [], warnings: [] }));
test("where the host cannot limit, one warning names the controllers and the fix", async () => {
  const { paths, limits, warnings } = await placeCgroup(id, { memoryBytes: 2 ** 30, cpus: 1 }, none);
  assert.equal([paths, limits], [[], []]);
  assert.is(warnings.length, 1);
  for (const word of ["memory and cpu limits are not applied", '"memory", "cpu"', "hybrid", "systemd.unified_cgroup_hierarchy=1"]) assert.ok(warnings[0]?.includes(word), `${word}: ${warnings[0]}`);
});
test("nothing mounted at all is told apart", async () => {
  const { warnings } = await placeCgroup(id, { pids: 5 }, { ...none, kind: "none" });
  assert.match(warnings[0] ?? "", /the pids limit is not applied: .*no control groups are mounted/);
});
test("without a delegated group and without systemd the fix is delegation", async () => {
  const { paths, warnings } = await placeCgroup(id, { cpus: 1 }, { ...none, kind: "unified", own: "/sys/fs/cgroup/no/such" });
  assert.equal(paths, []);
  assert.match(warnings[0] ?? "", /controller "cpu" is not delegated.*Delegate=cpu/);
});

test.run();
