/** Runs test files: `main.mjs [--stage NAME]… [--jobs N] [--verbose] [PATTERN]…`; the last line is the count. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { addOutcomes, noOutcome, summaryLine, type Outcome } from "./outcome.ts";
import { runFile, type FileRun, type RunPlaces } from "./run-file.ts";
import { selectFiles, stages, type TestFile } from "./select.ts";

async function bundleAll(places: RunPlaces, files: readonly TestFile[]): Promise<string[]> {
  symlinkSync(join(places.sourceDir, "node_modules"), join(places.bundleDir, "node_modules"));
  const broken: string[] = [];
  const bundle = async (entries: readonly string[]): Promise<void> => {
    await build({
      absWorkingDir: places.sourceDir, entryPoints: [...entries], outdir: places.bundleDir, outbase: places.sourceDir,
      bundle: true, platform: "node", format: "esm", target: "node20", packages: "external", outExtension: { ".js": ".mjs" }, logLevel: "silent", sourcemap: "inline",
    });
  };
  await bundle(["test/runner/child.ts"]);
  try {
    await bundle(files.map((file) => file.path));
  } catch {
    // One file that does not compile must not take the others with it.
    for (const file of files) {
      await bundle([file.path]).catch((error: Error) => {
        broken.push(file.path);
        process.stdout.write(`FAIL  ${file.path} does not compile\n${error.message}\n`);
      });
    }
  }
  return broken;
}

function report(run: FileRun, verbose: boolean): void {
  const { outcome } = run;
  const word = outcome.failed > 0 ? "FAIL" : outcome.passed === 0 && outcome.skipped > 0 ? "skip" : "ok  ";
  const skips = outcome.skips.length > 0 ? `  (skipped for want of: ${outcome.skips.join(", ")})` : "";
  process.stdout.write(`${word}  ${run.file.path}  ${summaryLine(outcome)}  ${(run.elapsedMs / 1000).toFixed(1)} s${skips}\n`);
  if (outcome.failed > 0 || verbose) process.stdout.write(`${run.output.trimEnd().replace(/^/gm, "      ")}\n`);
}

/** Runs the files that may run beside others `jobs` at a time, then the others alone. */
async function runAll(places: RunPlaces, files: readonly TestFile[], jobs: number, verbose: boolean): Promise<Outcome> {
  let sum = noOutcome;
  const runQueue = async (queue: TestFile[], width: number): Promise<void> => {
    const worker = async (): Promise<void> => {
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
        const run = await runFile(places, file);
        report(run, verbose);
        sum = addOutcomes(sum, run.outcome);
      }
    };
    await Promise.all(Array.from({ length: width }, worker));
  };
  await runQueue(files.filter((file) => file.parallel), jobs);
  await runQueue(files.filter((file) => !file.parallel), 1);
  return sum;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { stage: { type: "string", multiple: true }, jobs: { type: "string" }, verbose: { type: "boolean" } },
  });
  const sourceDir = process.env["CALA_SOURCE_DIR"] ?? process.cwd();
  const places: RunPlaces = { sourceDir, bundleDir: mkdtempSync(join(tmpdir(), "cala-test-")) };
  mkdirSync(places.bundleDir, { recursive: true });
  let sum = noOutcome;
  try {
    const chosen = stages.filter((stage) => values.stage === undefined || values.stage.includes(stage.name));
    const files = chosen.flatMap((stage) => selectFiles(sourceDir, stage, positionals));
    const broken = await bundleAll(places, files);
    sum = addOutcomes(sum, { ...noOutcome, failed: broken.length });
    for (const stage of chosen) {
      const selected = selectFiles(sourceDir, stage, positionals).filter((file) => !broken.includes(file.path));
      if (selected.length === 0) continue;
      process.stdout.write(`== ${stage.name}\n`);
      sum = addOutcomes(sum, await runAll(places, selected, Number(values.jobs ?? "2"), values.verbose === true));
    }
  } finally {
    rmSync(places.bundleDir, { recursive: true, force: true });
  }
  for (const skip of sum.skips) process.stdout.write(`skipped for want of: ${skip}\n`);
  process.stdout.write(`${summaryLine(sum)}\n`);
  return sum.failed === 0 ? 0 : 1;
}

process.exitCode = await main();
