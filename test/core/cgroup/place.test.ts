import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { CalaError } from "../../../core/base/error.ts";
import type { CgroupSupport } from "../../../core/cgroup/detect.ts";
import { limitFiles, type LimitFile } from "../../../core/cgroup/limits.ts";
import { delegatedParent, groupsOfUnit, placeCgroup, placeIn } from "../../../core/cgroup/place.ts";
import { keepWeights } from "../../../core/cgroup/weights.ts";

const id = "a".repeat(64);
const wish = { strict: false } as const;
const none: CgroupSupport = { kind: "hybrid", own: "", controllers: [], writable: false };

test("without limits nothing is placed and nothing said", async () => assert.equal(await placeCgroup(id, {}, wish, none), { paths: [], limits: [], warnings: [] }));
test("where the host cannot limit, one warning names the controllers and the fix", async () => {
  const { paths, limits, warnings } = await placeCgroup(id, { memoryBytes: 2 ** 30, cpus: 1 }, wish, none);
  assert.equal([paths, limits], [[], []]);
  assert.is(warnings.length, 1);
  for (const word of ["memory and cpu limits are not applied", '"memory", "cpu"', "hybrid", "systemd.unified_cgroup_hierarchy=1"]) assert.ok(warnings[0]?.includes(word), `${word}: ${warnings[0]}`);
});
test("whoever insists on systemd gets no delegated group, and a word where there is no systemd", async () => {
  const { warnings } = await placeCgroup(id, { cpus: 1 }, wish, { kind: "unified", own: "/sys/fs/cgroup", controllers: [], writable: false, onlySystemd: true });
  assert.equal(warnings, ["the cpu limit is not applied: systemd's user manager does not run here"]);
});
test("with --strict-limits the warning is an error whose hint is the fix", async () => {
  try {
    await placeCgroup(id, { cpus: 1 }, { strict: true }, none);
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof CalaError);
    assert.is(error.code, "limits-unavailable");
    assert.match(error.hint ?? "", /systemd.unified_cgroup_hierarchy=1/);
    assert.not.match(error.message, /fix/);
  }
});
test("a group of one's choice needs cgroup v2, and none is made when that was said", async () => {
  try {
    await placeCgroup(id, {}, { strict: false, parent: "web.slice" }, none);
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), /cannot make a control group in "web.slice": this host has no cgroup v2/);
  }
  assert.equal(await placeCgroup(id, {}, { strict: false, mode: "disabled", parent: "x" }, none), { paths: [], limits: [], warnings: [] });
});
test("of the two files of weights the one that the kernel has is written; where it has none, that is told", () => {
  const parent = mkdtempSync(join(tmpdir(), "cala-place-"));
  try {
    writeFileSync(join(parent, "cgroup.controllers"), "io\n");
    const told = placeIn(parent, "cala-x", limitFiles({ blkioWeight: 500 }));
    assert.equal(told.limits, []);
    assert.match(told.warnings[0] ?? "", /weight of input and output is not applied/);
    writeFileSync(join(parent, "io.weight"), "default 100\n");
    assert.equal(placeIn(parent, "cala-x", limitFiles({ blkioWeight: 500 })).limits, [{ file: join(parent, "cala-x", "io.weight"), value: "default 4950", optional: false }]);
  } finally {
    rmSync(parent, { recursive: true });
  }
});
test("a device's own weight is given to the scheduler that is at work on it; where none is, that is told with the line that starts one", () => {
  const root = mkdtempSync(join(tmpdir(), "cala-place-"));
  const places = { root, devices: join(root, "devices") };
  const weight = (file: string, value: string): LimitFile => ({ controller: "io", file, value, optional: false });
  const wanted = [weight("io.max", "8:0 wbps=5"), weight("io.bfq.weight", "8:0 300"), weight("io.weight", "8:0 2930"), weight("io.bfq.weight", "200"), weight("io.weight", "default 1920")];
  const kept = (): string[] => keepWeights(root, wanted, places).kept.map(({ file, value }) => `${file} ${value}`);
  try {
    writeFileSync(join(root, "io.weight"), "default 100\n");
    assert.equal(kept(), ["io.max 8:0 wbps=5", "io.weight default 1920"]);
    assert.match(keepWeights(root, wanted, places).warnings[0] ?? "", /^the weight of the device 8:0 is not applied: .*; fix: echo "8:0 enable=1" \| sudo tee .*io\.cost\.qos$/);
    writeFileSync(join(root, "io.cost.qos"), "8:16 enable=1 ctrl=auto\n8:0 enable=1 ctrl=auto\n");
    assert.equal(kept(), ["io.max 8:0 wbps=5", "io.weight 8:0 2930", "io.weight default 1920"]);
    writeFileSync(join(root, "io.cost.qos"), "8:0 enable=0 ctrl=auto\n");
    writeFileSync(join(root, "io.bfq.weight"), "default 100\n");
    mkdirSync(join(places.devices, "8:0/queue"), { recursive: true });
    writeFileSync(join(places.devices, "8:0/queue/scheduler"), "none mq-deadline [bfq]\n");
    assert.equal(keepWeights(root, wanted, places), { kept: wanted.filter(({ file }) => file === "io.max" || file === "io.bfq.weight"), warnings: [] });
  } finally {
    rmSync(root, { recursive: true });
  }
});
test("nothing mounted at all is told apart", async () => {
  const { warnings } = await placeCgroup(id, { pids: 5 }, wish, { ...none, kind: "none" });
  assert.match(warnings[0] ?? "", /the pids limit is not applied: .*no control groups are mounted/);
});
test("without a delegated group and without systemd the fix is delegation", async () => {
  const { paths, warnings } = await placeCgroup(id, { cpus: 1 }, wish, { ...none, kind: "unified", own: "/sys/fs/cgroup/no/such" });
  assert.equal(paths, []);
  assert.match(warnings[0] ?? "", /controller "cpu" is not delegated.*Delegate=cpu/);
});


const units: readonly (readonly [string, readonly string[]])[] = [
  ["user.slice/user-1.slice/session-2.scope", ["user.slice/user-1.slice/session-2.scope"]],
  ["user.slice/user@1.service/app.slice/cala-a.scope/supervisor", ["user.slice/user@1.service/app.slice/cala-a.scope/supervisor", "user.slice/user@1.service/app.slice/cala-a.scope"]],
  ["some/where", ["some/where"]],
];
for (const [own, groups] of units) {
  test(`groups of the unit of ${own}`, () => assert.equal(groupsOfUnit(`/sys/fs/cgroup/${own}`), groups.map((group) => `/sys/fs/cgroup/${group}`)));
}
test("the root of the tree is nobody's unit", () => assert.equal(groupsOfUnit("/sys/fs/cgroup"), []));
test("what is delegated is handed on, what is not is left out and told once", () => {
  const parent = mkdtempSync(join(tmpdir(), "cala-place-"));
  try {
    writeFileSync(join(parent, "cgroup.controllers"), "memory pids\n");
    const placement = placeIn(parent, "cala-x", limitFiles({ pids: 5, cpus: 1, cpuShares: 100 }));
    assert.equal(placement.paths, [join(parent, "cala-x")]);
    assert.equal(placement.limits, [{ file: join(parent, "cala-x", "pids.max"), value: "5", optional: false }]);
    assert.is(placement.warnings.length, 1);
    assert.match(placement.warnings[0] ?? "", /the cpu limit is not applied/);
    assert.is(readFileSync(join(parent, "cgroup.subtree_control"), "utf8"), "+pids");
  } finally {
    rmSync(parent, { recursive: true });
  }
});
test("further containers of this process share the scope it is in, whatever they need", () => {
  assert.is(delegatedParent("/sys/fs/cgroup/a/app.slice/cala-x-1.scope/supervisor", ["cpuset"]), "/sys/fs/cgroup/a/app.slice/cala-x-1.scope");
  assert.is(delegatedParent("/sys/fs/cgroup/a/app.slice/other.scope/supervisor", ["cpuset"]), undefined);
});

test.run();
