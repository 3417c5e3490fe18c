/** The compiled filter of a container, from the cache where it is known. */
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { CalaError, isErrno } from "../../base/error.ts";
import { newId } from "../../base/id.ts";
import type { Dirs } from "../../dirs/dirs.ts";
import { seccompCacheDir } from "../../dirs/paths.ts";
import type { RuntimeSeccomp, SeccompAction } from "../../oci/runtime-config.ts";
import { defaultProfile } from "./default-profile.ts";
import { readProfile } from "./profile.ts";
import { resolveProfile } from "./resolve.ts";

export interface SeccompChoice {
  /** `default`, `unconfined` or the path of a profile. */
  readonly seccomp: string;
  readonly privileged: boolean;
  /** The bounding set. */
  readonly capabilities: readonly string[];
}

export interface SeccompFilter {
  /** 8 bytes per instruction; absent: the container runs without a filter. */
  readonly filter?: Uint8Array;
  /** The same as rules, for other runtimes. */
  readonly rules?: RuntimeSeccomp;
  /** Why there is no filter though one was wanted; one line. */
  readonly warning?: string;
}

/**
 * The filter for a container. Only a miss in the cache loads libseccomp.
 * @throws CalaError `seccomp-profile-invalid`
 */
export async function seccompFilter(dirs: Dirs, choice: SeccompChoice): Promise<SeccompFilter> {
  if (choice.seccomp === "unconfined" || (choice.privileged && choice.seccomp === "default")) return {};
  const profile = choice.seccomp === "default" ? defaultProfile() : readProfile(choice.seccomp);
  const rules = resolveProfile(profile, { capabilities: choice.capabilities, machine: process.arch, kernel: release() });
  const file = join(seccompCacheDir(dirs), `${cacheKey(rules)}.bpf`);
  const cached = readCached(file);
  if (cached !== undefined) return { filter: cached, rules };
  if (!(await compileTo(file, rules, choice.seccomp))) {
    return { rules, warning: "the container runs without a seccomp filter: libseccomp.so.2 is missing; install the package libseccomp2 (libseccomp on Fedora)" };
  }
  const filter = readCached(file);
  return filter === undefined ? { rules } : { filter, rules };
}

/** Rules and library: another version may know more system calls. */
function cacheKey(rules: RuntimeSeccomp): string {
  return createHash("sha256").update(JSON.stringify([1, process.arch, libraryVersion(), rules])).digest("hex");
}

/** The real name of the library, found without loading it: `libseccomp.so.2.5.4`. */
export function libraryVersion(): string {
  const places = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib", "/lib"];
  for (const place of places) {
    const found = namesIn(place).filter((name) => name.startsWith("libseccomp.so.2")).sort().at(-1);
    if (found !== undefined) return found;
  }
  return "";
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
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
  mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
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

function filterProgram(rules: RuntimeSeccomp): import("../../sys/libseccomp.ts").FilterProgram {
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
