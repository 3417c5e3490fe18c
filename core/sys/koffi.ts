/** The one address of koffi. Its own entry point spends 10 ms on finding out what machine this is; the build already knows. */
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import type koffiModule from "koffi";
import { SysError } from "../base/error.ts";
import { programFile } from "../dirs/program.ts";

type Koffi = typeof koffiModule;
/** A function of C whose arguments koffi converts and whose result is an `int`. */
export type NativeCall = (...args: readonly unknown[]) => number;

let koffi: Koffi | undefined;
let libc: ReturnType<Koffi["load"]> | undefined;

/** koffi itself, loaded at the first call (3 ms). */
export function loadKoffi(): Koffi {
  if (koffi !== undefined) return koffi;
  const prebuilt = programFile("koffi.node");
  koffi = existsSync(prebuilt) ? loadAddon(prebuilt) : createRequire(import.meta.url)("koffi") as Koffi;
  return koffi;
}

/** require would look for a package.json around the file, and for links in its path. */
function loadAddon(path: string): Koffi {
  const module = { exports: {} };
  process.dlopen(module, path);
  return module.exports as Koffi;
}

/** The prototypes of all functions that have been asked for: each is asked for when it is called first. */
export const boundFunctions: string[] = [];

/** A libc function by its C prototype. */
export function libcFunction(prototype: string): NativeCall {
  boundFunctions.push(prototype);
  // Whatever libc Node itself is linked with: its file has another name with musl.
  libc ??= loadKoffi().load(null);
  return libc.func(prototype) as unknown as NativeCall;
}

/** The result of a call that returns -1 on failure. @throws SysError */
export function checked(result: number, syscall: string, path?: string): number {
  if (result !== -1) return result;
  const errno = loadKoffi().errno();
  throw new SysError(syscall, errno, getSystemErrorName(-errno), path);
}
