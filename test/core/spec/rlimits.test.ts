import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseHardLimits, processRlimits, ulimitNames } from "../../../core/spec/rlimits.ts";

const text = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max processes             100                  32768                processes
Max open files            1024                 20000                files
Max nice priority         0                    0
`;
const show = (...args: Parameters<typeof processRlimits>): string => processRlimits(...args).map(({ type, soft, hard }) => `${type}=${soft}:${hard}`).join(" ");

test("hard limits of /proc/self/limits", () => {
  assert.equal(parseHardLimits(text), { cpu: -1, nproc: 32768, nofile: 20000, nice: 0 });
  assert.is(ulimitNames.length, 16);
});
test("files and processes are at the host's limits by default", () => {
  assert.is(show([], { nofile: 20000, nproc: 5 }), "RLIMIT_NOFILE=20000:20000 RLIMIT_NPROC=5:5");
  assert.is(show([], {}), "");
});
test("requests replace them, and -1 is the highest there is", () => {
  assert.is(show([{ name: "nofile", soft: 10, hard: 20 }, { name: "core", soft: -1, hard: -1 }], { nofile: 30 }), "RLIMIT_NOFILE=10:20 RLIMIT_CORE=-1:-1");
  assert.is(show([{ name: "nofile", soft: -1, hard: -1 }], { nofile: 30 }), "RLIMIT_NOFILE=30:30");
});
test("above the host's hard limit is an error that names it", () => {
  assert.throws(() => show([{ name: "nofile", soft: 10, hard: 40 }], { nofile: 30 }), (error: Error & { hint: string }) => error.message.includes('"nofile=10:40"') && error.message.includes("30") && error.hint.includes("nofile=30"));
});

test.run();
