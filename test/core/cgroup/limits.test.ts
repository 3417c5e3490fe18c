import { test } from "uvu";
import * as assert from "uvu/assert";
import { controllerOfFile, cpuWeight, limitFiles, neededControllers, runtimeResources, type Limits } from "../../../core/cgroup/limits.ts";

const files = (limits: Limits): string => limitFiles(limits).map(({ file, value }) => `${file}=${value}`).join(" ");
const cases: readonly (readonly [Limits, string])[] = [
  [{}, ""],
  [{ memoryBytes: 1073741824 }, "memory.max=1073741824 memory.swap.max=1073741824"],
  [{ memoryBytes: 100, memorySwapBytes: 150 }, "memory.max=100 memory.swap.max=50"],
  [{ memoryBytes: 100, memorySwapBytes: 100 }, "memory.max=100 memory.swap.max=0"],
  [{ memoryBytes: 100, memorySwapBytes: -1 }, "memory.max=100 memory.swap.max=max"],
  [{ memoryReservationBytes: 5 }, "memory.low=5"],
  [{ cpus: 1 }, "cpu.max=100000 100000"],
  [{ cpus: 0.5 }, "cpu.max=50000 100000"],
  [{ cpuQuotaUs: 20000, cpuPeriodUs: 40000 }, "cpu.max=20000 40000"],
  [{ cpuPeriodUs: 40000 }, "cpu.max=max 40000"],
  [{ cpuQuotaUs: -1 }, "cpu.max=max 100000"],
  [{ cpuShares: 1024 }, "cpu.weight=39"],
  [{ cpuShares: 0 }, ""],
  [{ cpusetCpus: "0-1", cpusetMems: "0" }, "cpuset.cpus=0-1 cpuset.mems=0"],
  [{ pids: 100 }, "pids.max=100"],
  [{ pids: -1 }, "pids.max=max"],
  [{ memoryBytes: 0, memorySwapBytes: 0, memoryReservationBytes: 0, cpus: 0, cpuQuotaUs: 0, pids: 0 }, ""],
  [{ memoryBytes: 100, memorySwapBytes: 0 }, "memory.max=100 memory.swap.max=100"],
  [{ memorySwapBytes: -1 }, "memory.swap.max=max"],
  [{ cpus: 0.001 }, "cpu.max=1000 100000"],
  [{ blkioWeight: 10 }, "io.bfq.weight=10 io.weight=default 1"],
  [{ blkioWeight: 1000 }, "io.bfq.weight=1000 io.weight=default 10000"],
  [{ conf: { "memory.high": "5", "cgroup.max.depth": "3" } }, "memory.high=5 cgroup.max.depth=3"],
];

for (const [limits, expected] of cases) test(`${JSON.stringify(limits)} is "${expected}"`, () => assert.is(files(limits), expected));
const contradictions: readonly Limits[] = [{ memorySwapBytes: 100 }, { memoryBytes: 100, memorySwapBytes: 99 }, { cpus: 1, cpuQuotaUs: 5000 }];
for (const limits of contradictions) {
  test(`${JSON.stringify(limits)} is refused`, () => assert.throws(() => limitFiles(limits), (error: { code?: string }) => error.code === "limit-invalid"));
}
test("files of a group are known by their controllers; those that say where processes are cannot be set", () => {
  assert.is(controllerOfFile("memory.swap.high"), "memory");
  assert.is(controllerOfFile("hugetlb.2MB.max"), "hugetlb");
  assert.is(controllerOfFile("cgroup.max.descendants"), undefined);
  for (const file of ["memory", "x.y", "../memory.max", "memory./max", "cgroup.procs", "cgroup.freeze"]) assert.throws(() => controllerOfFile(file), (error: { code?: string }) => error.code === "limit-invalid");
});
test("rates are for block devices that are there", () => {
  for (const path of ["/dev/null", "/dev/nothere"]) assert.throws(() => limitFiles({ deviceReadBps: [{ path, amount: 1 }] }), (error: { code?: string }) => error.code === "device-unknown");
});
test("shares span the weights", () => {
  assert.is(cpuWeight(2), 1);
  assert.is(cpuWeight(262144), 10000);
  assert.is(cpuWeight(1), 1);
});
test("each controller once", () => assert.equal(neededControllers(limitFiles({ memoryBytes: 1, cpus: 1, cpuShares: 2 })), ["memory", "cpu"]));
test("only memory.swap.max may be missing", () => assert.equal(limitFiles({ memoryBytes: 1, pids: 1 }).filter(({ optional }) => optional).map(({ file }) => file), ["memory.swap.max"]));
test("the runtime config's words", () => {
  assert.equal(runtimeResources({}), {});
  assert.equal(runtimeResources({ memoryBytes: 5, memorySwapBytes: -1, cpus: 2, pids: 7 }), { memory: { limit: 5, swap: -1 }, cpu: { quota: 200000, period: 100000 }, pids: { limit: 7 } });
});

test.run();
