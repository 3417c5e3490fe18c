/** OCI hooks of directories (`--hooks-dir`): programs of the host that run at a container's start. Source: oci-hooks(5), version 1.0.0. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { CalaError, reasonOf } from "../base/error.ts";
import type { CdiHook } from "../spec/cdi.ts";
import type { ContainerRecord } from "./record.ts";

/** A file of such a directory. */
interface HookFile {
  readonly version: string;
  readonly hook: Omit<CdiHook, "hookName">;
  readonly when: { readonly always?: boolean; readonly annotations?: Readonly<Record<string, string>>; readonly commands?: readonly string[]; readonly hasBindMounts?: boolean };
  readonly stages: readonly string[];
}

/**
 * The hooks that are meant for a container, in the order of their files' names; a file in a later directory hides one of the same name.
 * @throws CalaError `hook-invalid`; `hook-unsupported` for a stage at which cala runs no hooks
 */
export function hooksOf({ request, args }: Pick<ContainerRecord, "request" | "args">): CdiHook[] {
  const files = new Map((request.hooksDirs ?? []).flatMap(hookPaths).map((path) => [basename(path), path]));
  return [...files].sort(([one], [other]) => (one < other ? -1 : 1)).flatMap(([, path]) => {
    const file = readHook(path);
    if (!isMeant(file, path, request, args[0] ?? "")) return [];
    const other = file.stages.find((stage) => stage !== "createContainer");
    if (other !== undefined) throw new CalaError("hook-unsupported", `the hook "${path}" wants to run at the stage ${other}, and cala runs createContainer hooks only`, { hint: "leave its directory out of --hooks-dir" });
    return file.stages.length === 0 ? [] : [{ hookName: "createContainer", ...file.hook }];
  });
}

function hookPaths(dir: string): string[] {
  try {
    return readdirSync(dir).filter((name) => name.endsWith(".json")).map((name) => join(dir, name));
  } catch (error) {
    throw new CalaError("hook-invalid", `cannot read the directory of hooks "${dir}": ${reasonOf(error)}`, { cause: error });
  }
}

function readHook(path: string): HookFile {
  const invalid = (reason: string, cause?: unknown): CalaError => new CalaError("hook-invalid", `the hook "${path}" is invalid: ${reason}`, { cause });
  let file: Partial<HookFile> | null;
  try {
    file = JSON.parse(readFileSync(path, "utf8")) as Partial<HookFile> | null;
  } catch (error) {
    throw invalid(reasonOf(error), error);
  }
  if (typeof file !== "object" || file === null || file.version !== "1.0.0") throw invalid("its version is not 1.0.0");
  if (typeof file.hook?.path !== "string" || !file.hook.path.startsWith("/")) throw invalid("it names no program by its absolute path");
  if (!Array.isArray(file.stages) || typeof file.when !== "object") throw invalid("it has no stages, or does not say when");
  return file as HookFile;
}

/** All conditions that the file has must hold, and it must have one. */
function isMeant({ when }: HookFile, path: string, request: ContainerRecord["request"], program: string): boolean {
  const matches = (pattern: string, text: string): boolean => {
    try {
      return new RegExp(pattern).test(text);
    } catch (error) {
      throw new CalaError("hook-invalid", `the hook "${path}" is invalid: "${pattern}" is no pattern`, { cause: error });
    }
  };
  const annotations = Object.entries(request.annotations);
  const conditions = [
    ...(when.always === undefined ? [] : [when.always]),
    ...(when.hasBindMounts === undefined ? [] : [when.hasBindMounts && request.mounts.some(({ kind }) => kind === "bind")]),
    ...Object.entries(when.annotations ?? {}).map(([key, value]) => annotations.some(([name, text]) => matches(key, name) && matches(value, text))),
    ...(when.commands === undefined ? [] : [when.commands.some((pattern) => matches(pattern, program))]),
  ];
  return conditions.length > 0 && conditions.every((holds) => holds);
}
