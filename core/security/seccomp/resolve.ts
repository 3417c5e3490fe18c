/** From a profile with conditions to the plain rules of the runtime config. Pure. */
import { constants } from "node:os";
import type { RuntimeSeccomp, RuntimeSyscall } from "../../oci/runtime-config.ts";
import type { SeccompCondition, SeccompProfile, SeccompRule } from "./profile.ts";

/** What conditions of rules are about. */
export interface SeccompSituation {
  /** `CAP_…` names of the container's bounding set. */
  readonly capabilities: readonly string[];
  /** Node's name of the machine: `x64`, `arm64`. */
  readonly machine: string;
  /** `uname -r`. */
  readonly kernel: string;
}

interface Machine {
  readonly go: string;
  readonly seccomp: string;
}

const machines: Readonly<Record<string, Machine>> = {
  x64: { go: "amd64", seccomp: "SCMP_ARCH_X86_64" },
  arm64: { go: "arm64", seccomp: "SCMP_ARCH_AARCH64" },
  arm: { go: "arm", seccomp: "SCMP_ARCH_ARM" },
  ppc64: { go: "ppc64le", seccomp: "SCMP_ARCH_PPC64LE" },
  s390x: { go: "s390x", seccomp: "SCMP_ARCH_S390X" },
  riscv64: { go: "riscv64", seccomp: "SCMP_ARCH_RISCV64" },
};

/** The rules that hold in one situation. */
export function resolveProfile(profile: SeccompProfile, situation: SeccompSituation): RuntimeSeccomp {
  const machine = machines[situation.machine];
  const chosen = (profile.syscalls ?? []).filter((rule) => included(rule, situation, machine?.go ?? ""));
  const defaultErrnoRet = errnoOf(profile.defaultErrnoRet, profile.defaultErrno);
  return {
    defaultAction: profile.defaultAction,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    architectures: architecturesOf(profile, machine),
    ...(profile.flags === undefined || profile.flags.length === 0 ? {} : { flags: profile.flags }),
    syscalls: chosen.map(plainRule),
  };
}

function architecturesOf(profile: SeccompProfile, machine: Machine | undefined): string[] {
  const mapped = (profile.archMap ?? []).find(({ architecture }) => architecture === machine?.seccomp);
  if (mapped !== undefined) return [mapped.architecture, ...(mapped.subArchitectures ?? [])];
  return [...(profile.architectures ?? (machine === undefined ? [] : [machine.seccomp]))];
}

function plainRule(rule: SeccompRule): RuntimeSyscall {
  const errnoRet = errnoOf(rule.errnoRet, rule.errno);
  const args = rule.args ?? [];
  return {
    names: rule.names ?? (rule.name === undefined ? [] : [rule.name]),
    action: rule.action,
    ...(errnoRet === undefined ? {} : { errnoRet }),
    ...(args.length === 0 ? {} : { args }),
  };
}

function included(rule: SeccompRule, situation: SeccompSituation, goMachine: string): boolean {
  const { includes, excludes } = rule;
  if (includes && !conditions(includes, situation, goMachine).every(Boolean)) return false;
  return !(excludes && conditions(excludes, situation, goMachine).some(Boolean));
}

/** Each part of a condition that is there: any of the capabilities, any of the machines, the kernel's version. */
function conditions(condition: SeccompCondition, situation: SeccompSituation, goMachine: string): boolean[] {
  return [
    ...(condition.caps?.length ? [condition.caps.some((capability) => situation.capabilities.includes(capability))] : []),
    ...(condition.arches?.length ? [condition.arches.includes(goMachine)] : []),
    ...(condition.minKernel ? [isAtLeast(situation.kernel, condition.minKernel)] : []),
  ];
}

function isAtLeast(kernel: string, wanted: string): boolean {
  const numbers = (text: string): number[] => (/^(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
  const [major = 0, minor = 0] = numbers(kernel);
  const [wantedMajor = 0, wantedMinor = 0] = numbers(wanted);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function errnoOf(number: number | undefined, name: string | undefined): number | undefined {
  if (name !== undefined && name !== "") return (constants.errno as Readonly<Record<string, number>>)[name] ?? number;
  return number;
}
