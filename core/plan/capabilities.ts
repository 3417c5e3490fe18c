/** Capability numbers of Linux (linux/capability.h), in order. */
const names = [
  "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN",
  "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
  "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON",
  "BPF", "CHECKPOINT_RESTORE",
];

/** The bit set of `CAP_…` names; unknown names are left out, as the runtime specification asks. */
export function capabilityBits(list: readonly string[] | undefined): bigint {
  return (list ?? []).reduce((bits, name) => {
    const number = names.indexOf(name.replace(/^CAP_/, ""));
    return number < 0 ? bits : bits | (1n << BigInt(number));
  }, 0n);
}

/** The names in a bit set, for listings. */
export function capabilityNames(bits: bigint): string[] {
  return names.filter((_, number) => (bits & (1n << BigInt(number))) !== 0n).map((name) => `CAP_${name}`);
}
