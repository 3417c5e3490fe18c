import { accessSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { CalaError } from "../base/error.ts";
import { nativeProgram } from "../dirs/program.ts";
import { dup2 } from "../sys/dup2.ts";
import { execve } from "../sys/execve.ts";

/**
 * Becomes a program of the host, found on PATH; `cala` is this one. `quiet`: what it writes to standard output is thrown away.
 * @throws CalaError `program-unknown`
 */
export function becomeProgram(words: readonly string[], env: Readonly<Record<string, string | undefined>>, { quiet }: { readonly quiet: boolean }): never {
  const [program = "", ...args] = words;
  const path = program === "cala" ? nativeProgram() : program.includes("/") ? program : (env["PATH"] ?? "/usr/bin:/bin").split(":").map((dir) => join(dir, program)).find(isExecutable);
  if (path === undefined || !isExecutable(path)) throw new CalaError("program-unknown", `there is no program "${program}" on this host`, { exitCode: 127 });
  if (quiet) dup2(openSync("/dev/null", "w"), 1);
  execve(path, [program, ...args], env);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
