/** The compiled filter of a container, from the cache where it is known. */
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, realpathSync, renameSync, rmSync } from "node:fs";
import { release } from "node:os";
import { basename, dirname, join } from "node:path";
import { CalaError, isErrno } from "../../base/error.ts";
import { newId } from "../../base/id.ts";
import { sha256OfText } from "../../base/sha256.ts";
import type { Dirs } from "../../dirs/dirs.ts";
import { seccompCacheDir } from "../../dirs/paths.ts";
import type { RuntimeSeccomp, SeccompAction } from "../../oci/runtime-config.ts";
import type { FilterProgram } from "../../sys/libseccomp.ts";
import { processCapabilities } from "../capabilities.ts";
import { defaultProfile } from "./default-profile.ts";
import { readProfile, type SeccompProfile } from "./profile.ts";
import { resolveProfile } from "./resolve.ts";

/** What decides over a container's filter. */
export interface SeccompChoice {
  /** `default`, `unconfined` or the path of a profile. */
  readonly seccomp: string;
  readonly privileged: boolean;
  /** The bounding set. */
  readonly capabilities: readonly string[];
}

/** A compiled filter, or why there is none. */
export interface SeccompFilter {
  /** 8 bytes per instruction; absent: the container runs without a filter. */
  readonly filter?: Uint8Array;
  /** Why there is no filter though one was wanted; one line. */
  readonly warning?: string;
}

/** Counts up with every change of the default profile, so that a run need not build it to know whether its filter is cached. */
const defaultRevision = 2;

/**
 * The filter for a container. Only a miss in the cache loads libseccomp.
 * @throws CalaError `seccomp-profile-invalid`
 */
export async function seccompFilter(dirs: Dirs, choice: SeccompChoice): Promise<SeccompFilter> {
  if (isUnfiltered(choice)) return {};
  const profile = choice.seccomp === "default" ? undefined : readProfile(choice.seccomp);
  const file = join(seccompCacheDir(dirs), `${cacheKey(profile, choice.capabilities)}.bpf`);
  const cached = readCached(file);
  if (cached !== undefined) return { filter: cached };
  if (!(await compileTo(file, rulesOf(profile ?? defaultProfile(), choice), choice.seccomp))) {
    return { warning: "the container runs without a seccomp filter: libseccomp.so.2 is missing; install the package libseccomp2 (libseccomp on Fedora)" };
  }
  const filter = readCached(file);
  return filter === undefined ? {} : { filter };
}

/** What `seccompFilterOf` needs of the engine. */
export interface SeccompHost {
  readonly dirs: Dirs;
  readonly notice: (text: string) => void;
}

/** What it needs of a container's request. */
export interface SeccompRequest {
  readonly security: { readonly seccomp: string };
  readonly privileged: boolean;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
}

/** The filter for a request, or undefined; says why, where one was wanted and there is none. @throws CalaError */
export async function seccompFilterOf(host: SeccompHost, request: SeccompRequest): Promise<Uint8Array | undefined> {
  const bounding = processCapabilities({ add: request.capAdd, drop: request.capDrop, privileged: request.privileged }).bounding ?? [];
  const { filter, warning } = await seccompFilter(host.dirs, { seccomp: request.security.seccomp, privileged: request.privileged, capabilities: bounding });
  if (warning !== undefined) host.notice(warning);
  return filter;
}

/** The same as rules for the runtime config, for other runtimes; undefined: no filter. @throws CalaError */
export function seccompRules(choice: SeccompChoice): RuntimeSeccomp | undefined {
  if (isUnfiltered(choice)) return undefined;
  return rulesOf(choice.seccomp === "default" ? defaultProfile() : readProfile(choice.seccomp), choice);
}

function isUnfiltered(choice: SeccompChoice): boolean {
  return choice.seccomp === "unconfined" || (choice.privileged && choice.seccomp === "default");
}

function rulesOf(profile: SeccompProfile, choice: SeccompChoice): RuntimeSeccomp {
  return resolveProfile(profile, { capabilities: choice.capabilities, machine: process.arch, kernel: release() });
}

/** Profile, situation and library: another version may know more system calls. */
function cacheKey(profile: SeccompProfile | undefined, capabilities: readonly string[]): string {
  const identity = profile === undefined ? defaultRevision : createHash("sha256").update(JSON.stringify(profile)).digest("hex");
  const parts = [process.arch, release(), libraryVersion(), [...capabilities].sort(), identity];
  return sha256OfText(JSON.stringify(parts));
}

/** The real name of the library, found without loading it: `libseccomp.so.2.5.4`; empty where there is none. */
export function libraryVersion(): string {
  const triplet = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  for (const place of [`/usr/lib/${triplet}`, `/lib/${triplet}`, "/usr/lib64", "/lib64", "/usr/lib", "/lib"]) {
    try {
      return basename(realpathSync.native(join(place, "libseccomp.so.2")));
    } catch {
      // Not in this place.
    }
  }
  return "";
}

/** A damaged or empty file counts as none. */
function readCached(file: string): Uint8Array | undefined {
  try {
    const bytes = readFileSync(file);
    return bytes.length > 0 && bytes.length % 8 === 0 ? bytes : undefined;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

async function compileTo(file: string, rules: RuntimeSeccomp, name: string): Promise<boolean> {
  const { compileFilter } = await import("../../sys/libseccomp.ts");
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${newId().slice(0, 12)}.tmp`;
  const fd = openSync(temporary, "wx", 0o600);
  try {
    const done = compileFilter(filterProgram(rules), fd);
    if (done) renameSync(temporary, file);
    return done;
  } catch (error) {
    if (isErrno(error, "EINVAL", "EOPNOTSUPP")) throw new CalaError("seccomp-profile-invalid", `cannot use the seccomp profile "${name}": ${(error as Error).message}`, { cause: error });
    throw error;
  } finally {
    closeSync(fd);
    rmSync(temporary, { force: true });
  }
}

const operators: Readonly<Record<string, number>> = { NE: 1, LT: 2, LE: 3, EQ: 4, GE: 5, GT: 6, MASKED_EQ: 7 };

function filterProgram(rules: RuntimeSeccomp): FilterProgram {
  return {
    defaultAction: actionNumber(rules.defaultAction, rules.defaultErrnoRet),
    architectures: (rules.architectures ?? []).map((name) => name.replace("SCMP_ARCH_", "").toLowerCase()),
    rules: (rules.syscalls ?? []).flatMap((rule) => rule.names.map((syscall) => ({
      action: actionNumber(rule.action, rule.errnoRet),
      syscall,
      comparisons: (rule.args ?? []).map(({ index, op, value, valueTwo }) => ({
        argument: index, operator: operators[op.replace("SCMP_CMP_", "")] ?? 0, first: BigInt(value), second: BigInt(valueTwo ?? 0),
      })),
    }))),
  };
}

/** seccomp.h; EPERM where an errno action names none. */
function actionNumber(action: SeccompAction, errno = 1): number {
  switch (action) {
    case "SCMP_ACT_ALLOW": return 0x7fff0000;
    case "SCMP_ACT_LOG": return 0x7ffc0000;
    case "SCMP_ACT_TRACE": return 0x7ff00000 + errno;
    case "SCMP_ACT_NOTIFY": return 0x7fc00000;
    case "SCMP_ACT_ERRNO": return 0x00050000 + errno;
    case "SCMP_ACT_TRAP": return 0x00030000;
    case "SCMP_ACT_KILL_PROCESS": return 0x80000000;
    case "SCMP_ACT_KILL":
    case "SCMP_ACT_KILL_THREAD": return 0;
  }
}
