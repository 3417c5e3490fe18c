/** Where cala's own built files are. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

let programDir: string | undefined;

/** Tells where the built files are; the entry points of the build call it first. */
export function setProgramDir(dir: string): void {
  programDir = dir;
}

/** Absolute path of a file that the build made (`cala-native`, `koffi.node`, `cala.cjs`). */
export function programFile(name: string): string {
  programDir ??= process.env["CALA_PROGRAM_DIR"] ?? join(dirname(fileURLToPath(import.meta.url)), "..", "..", "dist");
  return join(programDir, name);
}

/** The native program. */
export function nativeProgram(): string {
  return programFile("cala-native");
}
