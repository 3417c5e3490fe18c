/** The shape of a seccomp profile file, as docker, podman and Kubernetes share it (containers-common: seccomp.json(5)). */
import { CalaError } from "../../base/error.ts";
import { readTextIfThere } from "../../fs/read-json.ts";
import type { SeccompAction, SeccompArgument } from "../../oci/runtime-config.ts";

/** A profile document; Go writes null where a list is empty. */
export interface SeccompProfile {
  readonly defaultAction: SeccompAction;
  readonly defaultErrnoRet?: number;
  readonly defaultErrno?: string;
  /** Go's names of machines in `includes`, libseccomp's names here. */
  readonly architectures?: readonly string[];
  readonly archMap?: readonly { readonly architecture: string; readonly subArchitectures?: readonly string[] | null }[] | null;
  readonly flags?: readonly string[];
  readonly syscalls?: readonly SeccompRule[] | null;
}

/** One entry of a profile's `syscalls`. */
export interface SeccompRule {
  readonly names?: readonly string[];
  /** Docker's first format. */
  readonly name?: string;
  readonly action: SeccompAction;
  readonly errnoRet?: number;
  readonly errno?: string;
  readonly args?: readonly SeccompArgument[] | null;
  /** All of these must hold. */
  readonly includes?: SeccompCondition | null;
  /** None of these may hold. */
  readonly excludes?: SeccompCondition | null;
}

/** When a rule holds; absent parts do not matter. */
export interface SeccompCondition {
  readonly caps?: readonly string[];
  /** Go's names: `amd64`. */
  readonly arches?: readonly string[];
  /** `4.8`: the kernel is at least this. */
  readonly minKernel?: string;
}

/** Reads a profile given with `--security-opt seccomp=FILE`. @throws CalaError `seccomp-profile-invalid` */
export function readProfile(path: string): SeccompProfile {
  const text = readTextIfThere(path);
  if (text === undefined) throw invalid(path, "there is no such file");
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw invalid(path, "it is not JSON", error);
  }
  return checkProfile(document, path);
}

function checkProfile(document: unknown, path: string): SeccompProfile {
  if (typeof document !== "object" || document === null) throw invalid(path, "it is not an object");
  const profile = document as Partial<SeccompProfile>;
  if (!isAction(profile.defaultAction)) throw invalid(path, `"defaultAction" is "${String(profile.defaultAction)}"`);
  const rules: readonly unknown[] = Array.isArray(profile.syscalls ?? []) ? (profile.syscalls ?? []) : [undefined];
  for (const rule of rules as readonly Partial<SeccompRule>[]) {
    const names = rule?.names ?? (rule?.name === undefined ? undefined : [rule.name]);
    if (!Array.isArray(names) || names.some((name) => typeof name !== "string")) throw invalid(path, `an entry of "syscalls" has no "names"`);
    if (!isAction(rule.action)) throw invalid(path, `the action of "${String(names[0])}" is "${String(rule.action)}"`);
    if (rule.action === "SCMP_ACT_NOTIFY") throw invalid(path, "cala cannot serve SCMP_ACT_NOTIFY");
  }
  return profile as SeccompProfile;
}

function isAction(action: unknown): action is SeccompAction {
  return typeof action === "string" && /^SCMP_ACT_(KILL|KILL_PROCESS|KILL_THREAD|TRAP|ERRNO|TRACE|ALLOW|LOG|NOTIFY)$/.test(action);
}

function invalid(path: string, reason: string, cause?: unknown): CalaError {
  return new CalaError("seccomp-profile-invalid", `cannot use the seccomp profile "${path}": ${reason}`, { cause });
}
