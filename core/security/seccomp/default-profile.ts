/** cala's default profile, in the shape of a profile file. */
import type { SeccompArgument, SeccompOperator } from "../../oci/runtime-config.ts";
import { allowedCalls, capabilityCalls, machineCalls, mountContextCalls, refusedCalls } from "./default-calls.ts";
import type { SeccompProfile, SeccompRule } from "./profile.ts";

const EPERM = 1;
const EINVAL = 22;
const ENOSYS = 38;
/** linux/personality.h: Linux, 32 bits, without address randomisation (alone and with 32 bits), and the question what it is. */
const personalities = [0x0, 0x0008, 0x20000, 0x20008, 0xffffffff];
const AF_NETLINK = 16;
const NETLINK_AUDIT = 9;
/** Sockets to the hypervisor: no namespace keeps them apart, so a container could reach what only the host should. */
const AF_VSOCK = 40;

/** New, unknown calls answer ENOSYS, so that the C library takes the older way. */
export function defaultProfile(): SeccompProfile {
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: ENOSYS,
    archMap: [
      { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
      { architecture: "SCMP_ARCH_AARCH64", subArchitectures: ["SCMP_ARCH_ARM"] },
      { architecture: "SCMP_ARCH_S390X", subArchitectures: ["SCMP_ARCH_S390"] },
    ],
    syscalls: [
      { names: allowedCalls, action: "SCMP_ACT_ALLOW" },
      { names: refusedCalls, action: "SCMP_ACT_ERRNO", errnoRet: EPERM },
      { names: mountContextCalls, action: "SCMP_ACT_ALLOW", includes: { caps: ["CAP_SYS_ADMIN"] } },
      ...personalities.map((value): SeccompRule => ({ names: ["personality"], action: "SCMP_ACT_ALLOW", args: [argument(0, "EQ", value)] })),
      ...machineCalls.map(({ arches, names }): SeccompRule => ({ names, action: "SCMP_ACT_ALLOW", includes: { arches } })),
      ...Object.entries(capabilityCalls).flatMap(([capability, names]) => withCapability(capability, names)),
      ...socketRules(),
    ],
  };
}

function withCapability(capability: string, names: readonly string[]): SeccompRule[] {
  const refused = names.filter((name) => !allowedCalls.includes(name));
  return [
    { names, action: "SCMP_ACT_ALLOW", includes: { caps: [capability] } },
    ...(refused.length === 0 ? [] : [{ names: refused, action: "SCMP_ACT_ERRNO" as const, errnoRet: EPERM, excludes: { caps: [capability] } }]),
  ];
}

/**
 * socket(family, type, protocol): every family but AF_VSOCK, and no audit messages without the capability. libseccomp allows
 * one comparison per argument in a rule, so that "neither 16 nor 40" is said in parts that do not overlap in action.
 */
function socketRules(): SeccompRule[] {
  const audit = { excludes: { caps: ["CAP_AUDIT_WRITE"] } };
  const family = (operator: SeccompOperatorName, value: number, second?: number): SeccompArgument => argument(0, operator, value, second);
  const notAudit = argument(2, "NE", NETLINK_AUDIT);
  return [
    { names: ["socket"], action: "SCMP_ACT_ERRNO", errnoRet: EPERM, args: [family("EQ", AF_VSOCK)] },
    { names: ["socket"], action: "SCMP_ACT_ALLOW", args: [family("LT", AF_NETLINK)] },
    { names: ["socket"], action: "SCMP_ACT_ALLOW", args: [family("GT", AF_VSOCK)] },
    { names: ["socket"], action: "SCMP_ACT_ALLOW", args: [family("NE", AF_VSOCK), notAudit] },
    // 17 … 39 with that protocol number, which means something else there.
    ...[[0xffffffff, 17], [0xfffffffe, 18], [0xfffffffc, 20], [0xfffffff8, 24], [0xfffffff8, 32]].map(([mask = 0, value = 0]): SeccompRule => (
      { names: ["socket"], action: "SCMP_ACT_ALLOW", args: [family("MASKED_EQ", mask, value)] })),
    { names: ["socket"], action: "SCMP_ACT_ERRNO", errnoRet: EINVAL, args: [family("EQ", AF_NETLINK), argument(2, "EQ", NETLINK_AUDIT)], ...audit },
    { names: ["socket"], action: "SCMP_ACT_ALLOW", args: [family("EQ", AF_NETLINK)], includes: { caps: ["CAP_AUDIT_WRITE"] } },
  ];
}

type SeccompOperatorName = "EQ" | "NE" | "LT" | "GT" | "MASKED_EQ";

function argument(index: number, operator: SeccompOperatorName, value: number, valueTwo?: number): SeccompArgument {
  return { index, op: `SCMP_CMP_${operator}` satisfies SeccompOperator, value, ...(valueTwo === undefined ? {} : { valueTwo }) };
}
