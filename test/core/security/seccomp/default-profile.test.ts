import { existsSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { allCapabilities, defaultCapabilities } from "../../../../core/security/capabilities.ts";
import { defaultProfile } from "../../../../core/security/seccomp/default-profile.ts";
import { readProfile, type SeccompProfile } from "../../../../core/security/seccomp/profile.ts";
import { resolveProfile } from "../../../../core/security/seccomp/resolve.ts";

const podmans = "/usr/share/containers/seccomp.json";
/** Calls that we rule on purpose with other words: see socketRules and mountContextCalls; and podman's file both allows and refuses setns. */
const ownWay = ["socket", "personality", "setns", "fsopen", "fsconfig", "fsmount", "fspick"];

function decisions(profile: SeccompProfile, capabilities: readonly string[], machine: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const rule of resolveProfile(profile, { capabilities, machine, kernel: "6.1" }).syscalls ?? []) {
    for (const name of rule.names) if (!ownWay.includes(name)) result[name] = `${result[name] ?? ""}${rule.action} ${rule.errnoRet ?? ""}`;
  }
  return result;
}

test("no call has two rules without arguments", () => {
  for (const capabilities of [[], defaultCapabilities, allCapabilities]) {
    const seen = new Map<string, string>();
    for (const rule of resolveProfile(defaultProfile(), { capabilities, machine: "x64", kernel: "6.1" }).syscalls ?? []) {
      if (rule.args !== undefined) continue;
      for (const name of rule.names) {
        assert.ok(!seen.has(name) || seen.get(name) === rule.action, `${name} has two rules`);
        seen.set(name, rule.action);
      }
    }
  }
});
test("capabilities open their calls, and without them the answer is EPERM", () => {
  assert.is(decisions(defaultProfile(), [], "x64")["chroot"], "SCMP_ACT_ERRNO 1");
  assert.is(decisions(defaultProfile(), ["CAP_SYS_CHROOT"], "x64")["chroot"], "SCMP_ACT_ALLOW ");
  assert.is(decisions(defaultProfile(), defaultCapabilities, "x64")["bpf"], "SCMP_ACT_ERRNO 1");
});
test("CVE-2022-0185: mount options are parsed for CAP_SYS_ADMIN only; others are told that the call is unknown", () => {
  const decision = (capabilities: readonly string[]) => resolveProfile(defaultProfile(), { capabilities, machine: "x64", kernel: "6.1" }).syscalls?.filter((rule) => rule.names.includes("fsconfig")).map((rule) => rule.action);
  assert.equal(decision(defaultCapabilities), []);
  assert.equal(decision(["CAP_SYS_ADMIN"]), ["SCMP_ACT_ALLOW"]);
});
test("machines have their own calls", () => {
  assert.is(decisions(defaultProfile(), [], "x64")["arch_prctl"], "SCMP_ACT_ALLOW ");
  assert.is(decisions(defaultProfile(), [], "arm64")["arch_prctl"], undefined);
});
if (existsSync(podmans)) {
  test("the same calls as podman's profile", () => {
    for (const capabilities of [[], defaultCapabilities, allCapabilities]) {
      for (const machine of ["x64", "arm64"]) {
        assert.equal(sorted(decisions(defaultProfile(), capabilities, machine)), sorted(decisions(readProfile(podmans), capabilities, machine)));
      }
    }
  });
}

function sorted(record: Record<string, string>): [string, string][] {
  return Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1));
}

test.run();
