// runs: beside others
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";

const built = join(process.cwd(), "dist/cala-native");
needs("the built native program", existsSync(built));

/** A copy of the program as `cala`, beside it what the test says; gone after the body. */
function withLauncher(body: (launcher: { readonly dir: string; readonly run: (args: readonly string[], env: Record<string, string>) => { code: number | null; out: string; err: string } }) => void): void {
  const dir = mkdtempSync(join(tmpdir(), "cala-launch-"));
  try {
    copyFileSync(built, join(dir, "cala-native"));
    chmodSync(join(dir, "cala-native"), 0o755);
    symlinkSync("cala-native", join(dir, "cala"));
    body({
      dir,
      run(args, env) {
        const result = spawnSync(join(dir, "cala"), args, { env: { CALA_ROOT_OK: "1", ...env }, encoding: "utf8", timeout: 120_000 });
        return { code: result.status, out: result.stdout, err: result.stderr };
      },
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A program that says what it was given, in place of Node. */
function fakeNode(dir: string, name: string, version = "v22.1.0"): string {
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\n[ "$1" = --version ] && echo ${version} && exit 0\nfor word; do echo "word $word"; done\n/usr/bin/env\n`, { mode: 0o755 });
  return path;
}

test("words pass through as they are, with the script before them", () => {
  withLauncher(({ dir, run }) => {
    writeFileSync(join(dir, "node-path"), `${fakeNode(dir, "recorded")}\n`);
    const { code, out } = run(["run", "", "a b", "--", "$x"], { PATH: "/usr/bin:/bin" });
    assert.is(code, 0);
    assert.ok(out.startsWith(`word --\nword ${dir}/cala.cjs\nword run\nword \nword a b\nword --\nword $x\n`));
    assert.match(out, new RegExp(`^CALA_PROGRAM_DIR=${dir}$`, "m"));
    assert.match(out, new RegExp(`^CALA_NODE=${dir}/recorded$`, "m"));
  });
});

test("what slows Node down or changes it is kept from it, and passed on", () => {
  withLauncher(({ dir, run }) => {
    const { out } = run(["ps"], { CALA_NODE: fakeNode(dir, "chosen"), NODE_EXTRA_CA_CERTS: "/some.pem", NODE_OPTIONS: "--inspect", CALA_NODE_FLAGS: "--a  --b=c" });
    assert.ok(out.startsWith("word --a\nword --b=c\nword "));
    assert.not.match(out, /^NODE_/m);
    assert.match(out, /^CALA_NODE_EXTRA_CA_CERTS=\/some\.pem$/m);
    assert.match(out, /^CALA_NODE_OPTIONS=--inspect$/m);
  });
});

test("the first Node on PATH that is new enough is taken", () => {
  withLauncher(({ dir, run }) => {
    writeFileSync(join(dir, "node-path"), "/no/such/node\n");
    fakeNode(dir, "node", "v18.19.0");
    fakeNode(dir, "nodejs");
    const { out } = run(["ps"], { PATH: `:/nowhere:${dir}` });
    assert.match(out, new RegExp(`^CALA_NODE=${dir}/nodejs$`, "m"));
  });
});

test("a Node that is missing or too old is said in one line", () => {
  withLauncher(({ dir, run }) => {
    const missing = run(["ps"], { PATH: dir });
    assert.equal([missing.code, missing.out], [125, ""]);
    assert.match(missing.err, /^cala: Node\.js was not found; cala needs Node\.js 20 or newer.*\n$/);
    fakeNode(dir, "node", "v18.19.0");
    assert.match(run(["ps"], { PATH: dir }).err, /^cala: the only Node\.js that was found is version 18; .*\n$/);
    const chosen = run(["ps"], { PATH: dir, CALA_NODE: "/no/such/node" });
    assert.is(chosen.code, 125);
    assert.match(chosen.err, /CALA_NODE cannot be executed: \/no\/such\/node/);
  });
});

test.run();
