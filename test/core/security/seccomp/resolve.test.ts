import { test } from "uvu";
import * as assert from "uvu/assert";
import { resolveProfile } from "../../../../core/security/seccomp/resolve.ts";
import type { SeccompProfile } from "../../../../core/security/seccomp/profile.ts";

const profile: SeccompProfile = {
  defaultAction: "SCMP_ACT_ERRNO", defaultErrno: "ENOSYS", defaultErrnoRet: 1,
  archMap: [{ architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86"] }],
  syscalls: [
    { name: "old", action: "SCMP_ACT_ALLOW" },
    { names: ["a"], action: "SCMP_ACT_ALLOW", includes: { caps: ["CAP_KILL"] } },
    { names: ["b"], action: "SCMP_ACT_ALLOW", includes: { arches: ["arm64"] } },
    { names: ["c"], action: "SCMP_ACT_ALLOW", includes: { minKernel: "4.8" } },
    { names: ["d"], action: "SCMP_ACT_ERRNO", errno: "EINVAL", excludes: { caps: ["CAP_KILL"] } },
    { names: ["e"], action: "SCMP_ACT_ALLOW", includes: {}, excludes: {}, args: [] },
  ],
};
const names = (capabilities: string[], machine: string, kernel: string): string =>
  (resolveProfile(profile, { capabilities, machine, kernel }).syscalls ?? []).flatMap((rule) => rule.names).join("");

test("conditions on capabilities, machine and kernel", () => {
  assert.is(names([], "x64", "6.1.0-13-amd64"), "oldcde");
  assert.is(names(["CAP_KILL"], "arm64", "4.7.99"), "oldabe");
  assert.is(names(["CAP_KILL"], "x64", "4.10"), "oldace");
});
test("errnos by name, architectures by machine", () => {
  const rules = resolveProfile(profile, { capabilities: [], machine: "x64", kernel: "6.1" });
  assert.is(rules.defaultErrnoRet, 38);
  assert.is(rules.syscalls?.find((rule) => rule.names[0] === "d")?.errnoRet, 22);
  assert.equal(rules.architectures, ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]);
  assert.equal(resolveProfile(profile, { capabilities: [], machine: "riscv64", kernel: "6.1" }).architectures, ["SCMP_ARCH_RISCV64"]);
});

test.run();
