import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

const sourceDir = process.env["CALA_SOURCE_DIR"] ?? process.cwd();

/** Runs the runner on a project that holds just these test files. */
function runProject(files: Readonly<Record<string, string>>, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): { code: number | null; lines: string[] } {
  const project = mkdtempSync(join(tmpdir(), "cala-runner-test-"));
  try {
    mkdirSync(join(project, "test/core"), { recursive: true });
    cpSync(join(sourceDir, "test/runner"), join(project, "test/runner"), { recursive: true, filter: (path) => !path.endsWith(".test.ts") });
    symlinkSync(join(sourceDir, "node_modules"), join(project, "node_modules"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(project, "test/core", name), text);
    const run = spawnSync(join(project, "test/runner/run-ts"), ["test/runner/main.ts", ...args], { encoding: "utf8", env: { ...process.env, ...env } });
    return { code: run.status, lines: run.stdout.trimEnd().split("\n") };
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

const head = `import { test } from "uvu"; import { needs, testIf } from "../runner/skip.ts";`;

test("counts passed, failed and skipped tests and names what is missing", () => {
  const run = runProject({
    "a.test.ts": `${head} test("good", () => {}); test("bad", () => { throw new Error("no"); }); testIf(test, false, "a flying carpet", "x", () => {}); test.run();`,
    "b.test.ts": `${head} needs("a unicorn", false); test("never", () => {}); test.run();`,
  });
  assert.is(run.code, 1);
  assert.is(run.lines.at(-1), "1 passed, 1 failed, 2 skipped");
  assert.ok(run.lines.includes("skipped for want of: a flying carpet"));
  assert.ok(run.lines.includes("skipped for want of: a unicorn"));
});

test("a before hook that throws is a failure, not silence", () => {
  const run = runProject({ "a.test.ts": `${head} test.before(() => { throw new Error("no"); }); test("good", () => {}); test.run();` });
  assert.is(run.lines.at(-1), "0 passed, 1 failed, 0 skipped");
});

test("a problem reported by an after hook is one more failure and hides none", () => {
  const run = runProject({ "a.test.ts": `${head} import { reportProblem } from "../runner/problem.ts"; test.after(() => reportProblem("left")); test("bad", () => { throw new Error("no"); }); test("good", () => {}); test.run();` });
  assert.is(run.lines.at(-1), "1 passed, 2 failed, 0 skipped");
});

test("a file that hangs is killed at its deadline and fails alone", () => {
  const run = runProject({
    "a.test.ts": `// deadline: 1 s\n${head} test("hangs", () => new Promise(() => { setInterval(() => {}, 1000); })); test.run();`,
    "b.test.ts": `${head} test("good", () => {}); test.run();`,
  });
  assert.is(run.lines.at(-1), "1 passed, 1 failed, 0 skipped");
});

test("a file that does not compile fails alone", () => {
  const run = runProject({ "a.test.ts": "const = 1;", "b.test.ts": `${head} test("good", () => {}); test.run();` });
  assert.is(run.lines.at(-1), "1 passed, 1 failed, 0 skipped");
  assert.is(run.code, 1);
});

test("runs only the files that a pattern names", () => {
  const files = { "a.test.ts": `${head} test("good", () => {}); test.run();`, "b.test.ts": "const = 1;" };
  assert.is(runProject(files, ["core/a"]).lines.at(-1), "1 passed, 0 failed, 0 skipped");
});

test("leaves no bundle behind", () => {
  const temporary = mkdtempSync(join(tmpdir(), "cala-runner-test-"));
  runProject({ "a.test.ts": `${head} test("good", () => {}); test.run();` }, [], { TMPDIR: temporary });
  assert.equal(readdirSync(temporary), []);
  rmSync(temporary, { recursive: true });
});

test.run();
