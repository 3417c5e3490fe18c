/** One run of a script in the virtual machine beside the checkout, with this build of cala; its steps write NAME and NAME.code into a directory. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { busyboxLayer } from "../e2e/harness/busybox.ts";
import { fixtureProgram } from "../e2e/harness/programs.ts";
import { needs } from "../runner/skip.ts";

/** What the script of a test is given. */
export interface MachineRun {
  /** A file of this directory. */
  readonly script: string;
  readonly user?: string;
  readonly timeoutSeconds: number;
  /** Further files, by name. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** Programs made from test/fixtures. */
  readonly programs?: readonly string[];
  /** Boots anew, with these words on the kernel's command line. */
  readonly kernelWords?: string;
}

/** What one step of the script came to. */
export interface Step {
  readonly code: number;
  readonly text: string;
}

/** The steps of a run that is over. */
export interface Steps {
  readonly step: (name: string) => Step;
  /** The text, trimmed, of a step that must have ended with 0. */
  readonly ok: (name: string) => string;
  /** A file that the script wrote beside its steps. */
  readonly file: (name: string) => string;
}

/** Skips the tests of this file where there is no machine. */
export async function runInMachine({ script, user, timeoutSeconds, files = {}, programs = [], kernelWords }: MachineRun): Promise<Steps> {
  const machine = process.env["CALA_TEST_VM"] ?? join(process.cwd(), "../shared/vm/run");
  needs("the test VM (shared/vm beside the checkout)", existsSync(machine));
  needs("root, to build the test VM", process.getuid?.() === 0);
  const work = mkdtempSync(join(tmpdir(), "cala-vm-test-"));
  const [given, out] = [join(work, "in"), join(work, "out")];
  test.after(() => rmSync(work, { recursive: true, force: true }));
  mkdirSync(given);
  const dist = process.env["CALA_TEST_DIST"] ?? join(process.cwd(), "dist");
  const program = ["cala.cjs", "cala-main.js", "koffi.node", "cala-native"].map((name) => `dist/${name}`);
  spawnSync("tar", ["-cf", join(given, "dist.tar"), "-C", join(dist, ".."), ...program], { stdio: "inherit" });
  for (const [name, bytes] of Object.entries({ "base.tar": await busyboxLayer(), ...files })) writeFileSync(join(given, name), bytes);
  for (const name of programs) writeFileSync(join(given, name), readFileSync(await fixtureProgram(name)), { mode: 0o755 });
  for (const name of readdirSync(join(process.cwd(), "test/vm")).filter((file) => file.endsWith(".sh"))) cpSync(join(process.cwd(), "test/vm", name), join(given, name));
  const words = [...(kernelWords === undefined ? [] : ["--boot"]), ...(user === undefined ? [] : ["--user", user]), "--dir", given, "--out", out, "--timeout", String(timeoutSeconds), "--", "sh", join(given, script), given];
  const { status, stderr } = spawnSync(machine, words, { encoding: "utf8", maxBuffer: 1 << 24, ...(kernelWords === undefined ? {} : { env: withKernelWords(work, kernelWords) }) });
  // A machine that does not start on a busy host says nothing of cala.
  needs(`a test VM that starts (${stderr.split("\n").filter((line) => line.startsWith("vm:")).at(-1) ?? ""})`, status !== 125);
  const step = (name: string): Step => {
    const path = join(out, name);
    assert.ok(existsSync(`${path}.code`), `the step "${name}" was not reached: ${stderr}`);
    return { code: Number(readFileSync(`${path}.code`, "utf8")), text: readFileSync(path, "utf8").replaceAll("\0", "") };
  };
  const ok = (name: string): string => {
    const { code, text } = step(name);
    assert.is(code, 0, `${name}: ${text}`);
    return text.trim();
  };
  return { step, ok, file: (name) => readFileSync(join(out, name), "utf8") };
}

/** The machine has no option for the command line: what it starts as QEMU adds the words and becomes QEMU. */
function withKernelWords(work: string, kernelWords: string): NodeJS.ProcessEnv {
  const [bin, name] = [join(work, "bin"), "qemu-system-x86_64"];
  mkdirSync(bin);
  const script = [
    "#!/bin/bash", `PATH=\${PATH#${bin}:}`, "words=()", `for word in "$@"; do case $word in root=/dev/vda*) word+=" ${kernelWords}" ;; esac; words+=("$word"); done`, `exec ${name} "\${words[@]}"`,
  ];
  writeFileSync(join(bin, name), `${script.join("\n")}\n`, { mode: 0o755 });
  return { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
}
