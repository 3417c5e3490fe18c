/** The enter section: the container's first process becomes what the user asked for. */
import { CalaError } from "../base/error.ts";
import type { RuntimeProcess, RuntimeRlimit } from "../oci/runtime-config.ts";
import { capabilityBits } from "./capabilities.ts";
import type { TranslationLaunch } from "./launch-details.ts";
import { op, planConstants, type PlanOp } from "./ops.ts";

/** What the OCI process does not say. */
export interface EnterDetails {
  readonly seccompFilter?: Uint8Array;
  /** Bits of personality(2). */
  readonly persona?: number;
  /** Without namespaces there are no capabilities to give or take. */
  readonly translation?: TranslationLaunch;
  readonly init: boolean;
  /** Names or numbers of further groups. */
  readonly groups: readonly string[];
  readonly keepGroups: boolean;
}

const resources = [
  "CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME",
];
const unlimited = 2n ** 64n - 1n;

/**
 * Ops from limits to exec. Without no_new_privs a seccomp filter takes CAP_SYS_ADMIN, so it comes before the capabilities go;
 * with it, it comes last, so that it need not allow what came before.
 */
export function compileEnter(process: RuntimeProcess, details: EnterDetails): PlanOp[] {
  const capabilities = details.translation === undefined ? process.capabilities : undefined;
  const seccomp = details.seccompFilter === undefined ? [] : [op("seccomp", { filter: details.seccompFilter, flags: 0 }, "linux.seccomp")];
  const noNewPrivileges = process.noNewPrivileges === true;
  return [
    ...(process.rlimits ?? []).map(compileRlimit),
    op("umask", { mask: process.user.umask ?? 0o022 }, "process.user.umask"),
    op("environment", { variables: process.env ?? [] }, "process.env"),
    op("working-directory", { path: process.cwd }, `process.cwd ("${process.cwd}")`),
    ...(capabilities === undefined ? [] : [op("bounding-capabilities", { bounding: capabilityBits(capabilities.bounding) }, "process.capabilities.bounding")]),
    compileUser(process, details),
    ...(process.apparmorProfile === undefined ? [] : [op("apparmor", { profile: process.apparmorProfile }, `process.apparmorProfile ("${process.apparmorProfile}")`)]),
    ...(process.selinuxLabel === undefined ? [] : [op("selinux", { label: process.selinuxLabel }, `process.selinuxLabel ("${process.selinuxLabel}")`)]),
    ...(details.persona === undefined || details.persona === 0 ? [] : [op("personality", { persona: details.persona }, "linux.personality")]),
    ...(noNewPrivileges ? [] : seccomp),
    ...(capabilities === undefined ? [] : [compileCapabilities(capabilities)]),
    ...(noNewPrivileges ? [op("no-new-privileges", {}, "process.noNewPrivileges"), ...seccomp] : []),
    op("exec", { arguments: process.args ?? [], flags: details.init ? planConstants["exec-flag"].init : 0 }, `process.args ("${process.args?.[0] ?? ""}")`),
  ];
}

function compileCapabilities(capabilities: NonNullable<RuntimeProcess["capabilities"]>): PlanOp {
  return op("capabilities", {
    effective: capabilityBits(capabilities.effective), permitted: capabilityBits(capabilities.permitted),
    inheritable: capabilityBits(capabilities.inheritable), ambient: capabilityBits(capabilities.ambient),
  }, "process.capabilities");
}

function compileUser(process: RuntimeProcess, details: EnterDetails): PlanOp {
  const { user } = process;
  const flags = planConstants["user-flag"];
  return op("user", {
    user: user.username ?? `${user.uid}:${user.gid}`,
    groups: [...(user.additionalGids ?? []).map(String), ...details.groups],
    flags: (details.keepGroups ? flags.keepGroups : 0) | flags.ownStdio,
  }, `process.user ("${user.username ?? user.uid}")`);
}

function compileRlimit(limit: RuntimeRlimit): PlanOp {
  const resource = resources.indexOf(limit.type.replace(/^RLIMIT_/, ""));
  if (resource < 0) throw new CalaError("ulimit-unknown", `the limit "${limit.type}" is unknown`, { hint: `use one of ${resources.map((name) => name.toLowerCase()).join(", ")}` });
  return op("rlimit", { resource, soft: limitValue(limit.soft), hard: limitValue(limit.hard) }, `process.rlimits ("${limit.type}")`);
}

function limitValue(value: number): bigint {
  return value < 0 || value >= 2 ** 64 ? unlimited : BigInt(value);
}
