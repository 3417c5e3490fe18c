/**
 * Runs one bundled test file in this process: `child.mjs BUNDLE RESULT`. Does uvu's `exec` itself, because uvu's own
 * counts a suite whose `before` hook threw as passed and does not say why a test was skipped.
 */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Outcome } from "./outcome.ts";
import { problems } from "./problem.ts";
import { skipReasons, SkippedFile } from "./skip.ts";

type SuiteRun = () => Promise<[errors: string | true, passed: number, skipped: number, total: number]>;
type Globals = typeof globalThis & { UVU_DEFER?: number; UVU_QUEUE?: Array<Array<SuiteRun | null>>; UVU_INDEX?: number };

async function runSuites(queue: ReadonlyArray<ReadonlyArray<SuiteRun | null>>): Promise<Outcome> {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const run of queue.flat()) {
    if (run === null) continue;
    const [errors, passed, skipped, total] = await run().catch((error: unknown) => [`after hook: ${describe(error)}\n`, 0, 0, 1] as const);
    sum.passed += passed;
    sum.skipped += skipped;
    sum.failed += Math.max(total - passed, typeof errors === "string" ? 1 : 0);
    if (typeof errors === "string") process.stdout.write(`\n${errors}\n`);
    else if (passed < total) process.stdout.write("\nthe suite ended early: its before hook threw\n");
  }
  for (const problem of problems()) process.stdout.write(`\n${problem}\n`);
  return { ...sum, failed: sum.failed + problems().length, skips: [...skipReasons()] };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function runFile(bundle: string): Promise<Outcome> {
  const globals = globalThis as Globals;
  globals.UVU_DEFER = 1;
  globals.UVU_INDEX = 0;
  const queue: Array<Array<SuiteRun | null>> = [[]];
  globals.UVU_QUEUE = queue;
  try {
    await import(pathToFileURL(bundle).href);
  } catch (error) {
    if (error instanceof Error && error.name === SkippedFile.name) return { passed: 0, failed: 0, skipped: 1, skips: [error.message] };
    process.stdout.write(`the file did not load: ${describe(error)}\n`);
    return { passed: 0, failed: 1, skipped: 0, skips: [] };
  }
  return await runSuites(queue);
}

const [bundle, result] = process.argv.slice(2);
if (bundle === undefined || result === undefined) throw new Error("usage: child BUNDLE RESULT");
const outcome = await runFile(bundle);
writeFileSync(result, JSON.stringify(outcome));
// A test that leaves a timer or a server behind must not hang the run.
process.exit(outcome.failed === 0 ? 0 : 1);
