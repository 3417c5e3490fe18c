import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";
import { cacheFolder, sourceDir } from "../e2e/harness/places.ts";
import { run, runOk } from "../e2e/harness/spawn.ts";

needs("an ordinary user (these tests are not for root)", process.getuid?.() !== 0);
needs("a build of cala (npm run build)", existsSync(join(sourceDir, "dist", "cala-native")));

const probe = join(cacheFolder("work"), `sanitize-probe-${process.pid}`);
const probed = await run("sh", ["-c", `echo 'int main(void){return 0;}' | gcc -fsanitize=address,undefined -static-libasan -static-libubsan -x c -o ${probe} - && ${probe}`]);
rmSync(probe, { force: true });
needs("gcc with address and undefined-behaviour sanitizers", probed.code === 0);

/** The files of a container's life that do not need the native program inside the container. */
const subset = ["e2e/exit-codes", "e2e/life", "e2e/leaks", "e2e/no-node"];

test("the native program built with sanitizers runs containers without a complaint", async () => {
  const out = cacheFolder("sanitized");
  await runOk("make", ["-s", "-C", join(sourceDir, "native"), "sanitize", `OUT=${out}`], { timeoutMs: 300_000 });
  const dist = mkdtempSync(join(cacheFolder("work"), "dist-sanitized-"));
  const logs = join(dist, "complaint");
  try {
    for (const name of readdirSync(join(sourceDir, "dist"))) if (name !== "cala-native") symlinkSync(join(sourceDir, "dist", name), join(dist, name));
    copyFileSync(join(out, "cala-native-asan"), join(dist, "cala-native"));
    // Leaks at exit are not looked for: programs here end by exec or by the end of their container.
    const options = `detect_leaks=0:abort_on_error=0:exitcode=99:log_path=${logs}`;
    const tests = await run(join(sourceDir, "test/run-e2e"), subset, {
      env: { ...process.env, CALA_TEST_DIST: dist, ASAN_OPTIONS: options, UBSAN_OPTIONS: `print_stacktrace=1:log_path=${logs}` }, timeoutMs: 550_000,
    });
    assert.is(tests.code, 0, tests.stdout);
    const reports = readdirSync(dist).filter((name) => name.startsWith("complaint")).map((name) => readFileSync(join(dist, name), "utf8"));
    // A child that ends on a stack of its own gets a warning that is no finding.
    assert.is(reports.filter((text) => /ERROR:|runtime error:/.test(text)).map((text) => text.slice(0, 4000)).join("\n"), "");
  } finally {
    rmSync(dist, { recursive: true, force: true });
  }
});

test.run();
