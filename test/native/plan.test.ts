// runs: beside others
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, compileExec } from "../../core/plan/compile.ts";
import { planFormat } from "../../core/plan/ops.ts";
import { sampleConfig, sampleDetails } from "../core/plan/sample.ts";
import { needs } from "../runner/skip.ts";

const built = join(process.cwd(), "dist/cala-native");
needs("the built native program", existsSync(built));

/** What the native program says of these bytes as a plan on descriptor 3. */
function judge(bytes: Uint8Array): { readonly code: number | null; readonly words: string } {
  const dir = mkdtempSync(join(tmpdir(), "cala-plan-"));
  writeFileSync(join(dir, "plan"), bytes);
  const fd = openSync(join(dir, "plan"), "r");
  try {
    const result = spawnSync(built, ["exec", dir], { stdio: ["ignore", "pipe", "pipe", fd], env: {}, encoding: "utf8", timeout: 120_000 });
    return { code: result.status, words: result.stderr };
  } finally {
    closeSync(fd);
    rmSync(dir, { recursive: true });
  }
}

const process0 = { cwd: "/", args: ["true"], user: { uid: 0, gid: 0 } };
const gone = { pid: 0x7ffffffe, pidStart: 1, monitorPid: 0x7ffffffe, monitorStart: 1, namespaces: sampleDetails.namespaces, cgroupPaths: [], init: false, groups: [], keepGroups: false };
const good = Buffer.from(compileExec(process0, gone).bytes);

function changed(change: (plan: Buffer) => void): Buffer {
  const copy = Buffer.from(good);
  change(copy);
  return copy;
}

const firstOp = planFormat.headerBytes;
const argumentsOffset = good.readUInt32LE(24);
const cases: readonly (readonly [name: string, bytes: Buffer, words: RegExp])[] = [
  ["nothing at all", Buffer.alloc(0), /the size is impossible/],
  ["zeros", Buffer.alloc(500), /this is not a plan/],
  ["another version", changed((plan) => plan.writeUInt32LE(99, 4)), /another version/],
  ["a plan cut off", good.subarray(0, good.length - 4), /the plan is cut off/],
  ["too many ops", changed((plan) => plan.writeUInt32LE(0xffffffff, 16)), /too many ops/],
  ["a section that overlaps", changed((plan) => plan.writeUInt16LE(1, 32)), /a section has gaps/],
  ["an unknown op", changed((plan) => plan.writeUInt16LE(999, firstOp)), /an op is unknown/],
  ["an op of another section", changed((plan) => plan.writeUInt16LE(47, firstOp)), /wrong section/],
  ["an unknown policy", changed((plan) => plan.writeUInt8(7, firstOp + 2)), /policy is unknown/],
  ["arguments outside", changed((plan) => plan.writeUInt32LE(0xfffffffc, firstOp + 4)), /outside the plan/],
  ["arguments too short", changed((plan) => plan.writeUInt32LE(4, firstOp + 8)), /does not fit/],
  ["a string beyond its op", changed((plan) => plan.writeUInt32LE(0xfffffff0, argumentsOffset + 16)), /longer than its op/],
];

for (const [name, bytes, words] of cases) {
  test(`refused in words: ${name}`, () => {
    const verdict = judge(bytes);
    assert.match(verdict.words, words);
    assert.is(verdict.code, 125);
  });
}

test("a plan as TypeScript writes it is accepted: it fails only where the container is gone", () => {
  assert.match(judge(good).words, /stage 4.*the namespace to join is gone/);
});


test("a plan that starts a container is not for exec", () => {
  assert.match(judge(Buffer.from(compile(sampleConfig, sampleDetails).bytes)).words, /this plan starts a container/);
});

test.run();
