/** Where cala's own built files are. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CalaError, isErrno } from "../base/error.ts";

let programDir: string | undefined;

/** Tells where the built files are; the entry points of the build call it first. */
export function setProgramDir(dir: string): void {
  programDir = dir;
}

/** Absolute path of a file that the build made (`cala-native`, `koffi.node`, `cala.cjs`). */
export function programFile(name: string): string {
  programDir ??= process.env["CALA_PROGRAM_DIR"] ?? besideThis();
  return join(programDir, name);
}

/** The library's bundle lies among the built files; a source file two folders below the project. */
function besideThis(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return existsSync(join(here, "cala-native")) ? here : join(here, "..", "..", "dist");
}

/** The native program. */
export function nativeProgram(): string {
  return programFile("cala-native");
}

/** What the host lacks at the moment, perhaps not in the next. */
export const lackHint = "try again when the host has processes, memory and files left (ulimit -a)";

/** The error for a native program that could not be started, by Node's words. */
export function nativeMissing(error: Error): CalaError {
  const hint = isErrno(error, "EAGAIN", "ENOMEM", "EMFILE", "ENFILE") ? lackHint : "run install.sh again";
  return new CalaError("native-missing", `cala's native program cannot be started: ${error.message}`, { cause: error, hint });
}
