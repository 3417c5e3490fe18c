import { test } from "uvu";
import * as assert from "uvu/assert";
import { criuRefusal, fileCapabilities, isRecent, lastErrors, missingCapabilities, type CriuAction, type CriuFacts } from "../../../core/container/criu.ts";

test("CRIU works in user namespaces from 3.19 on", () => {
  for (const version of ["3.19", "3.19.1", "4.0"]) assert.ok(isRecent(version), version);
  for (const version of ["3.17.1", "3.18", "3.2", "", "2.99"]) assert.not(isRecent(version), version);
});

const here = { path: "/usr/sbin/criu", version: "4.2", lacks: [], isNested: false } as const;
const cases: readonly (readonly [CriuAction, CriuFacts, RegExp | undefined, RegExp])[] = [
  ["checkpoint", { lacks: [], isNested: false }, /CRIU is not installed$/, /install.*criu/],
  ["restore", { lacks: [], isNested: false }, /^cannot restore containers: CRIU is not installed$/, /install.*criu/],
  ["checkpoint", { ...here, version: "3.17.1" }, /CRIU 3\.17\.1 cannot bring processes back in a user namespace, 3\.19 and newer can$/, /newer.*cala pause/],
  ["restore", { ...here, version: "3.17.1" }, /CRIU 3\.17\.1 cannot/, /cala commit/],
  ["checkpoint", { ...here, isNested: true }, /this is a user namespace/, /on the host/],
  ["checkpoint", { ...here, lacks: ["cap_sys_chroot", "cap_sys_admin"] }, /\/usr\/sbin\/criu would lack cap_sys_chroot, cap_sys_admin$/, /setcap cap_dac_read_search,cap_setgid,cap_sys_chroot,cap_sys_admin\+ep \/usr\/sbin\/criu/],
  ["checkpoint", { ...here, complaint: "kernel too old" }, /CRIU 4\.2 does not work with this kernel: kernel too old$/, /criu check --all/],
  ["checkpoint", here, undefined, /^$/],
  ["restore", { ...here, isNested: true, lacks: ["cap_sys_admin"] }, undefined, /^$/],
];
for (const [action, facts, message, hint] of cases) {
  test(`${action} with ${JSON.stringify(facts)}: ${message === undefined ? "nothing is missing" : "what is missing is told, with what mends it"}`, () => {
    const error = criuRefusal(facts, action, {});
    if (message === undefined) return assert.is(error, undefined);
    assert.is(error?.code, `${action}-unavailable`);
    assert.match(error?.message ?? "", message);
    assert.match(error?.hint ?? "", hint);
  });
}

test("each capability that saving needs and is not there is named", () => {
  assert.equal(missingCapabilities(0n), ["cap_dac_read_search", "cap_setgid", "cap_sys_chroot", "cap_sys_admin"]);
  assert.equal(missingCapabilities(1n << 2n | 1n << 6n | 1n << 21n), ["cap_sys_chroot"]);
  assert.equal(missingCapabilities((1n << 41n) - 1n), []);
});

test("the capabilities of a file count only with the effective flag, all 64 bits of them", () => {
  const attribute = (flags: number, low: number, high: number): Buffer => {
    const bytes = Buffer.alloc(20);
    [0x02000000 | flags, low, 0, high, 0].forEach((word, index) => bytes.writeUInt32LE(word >>> 0, index * 4));
    return bytes;
  };
  assert.is(fileCapabilities(attribute(1, 1 << 21, 1 << 8)), 1n << 21n | 1n << 40n);
  assert.is(fileCapabilities(attribute(0, 1 << 21, 0)), 0n);
  assert.is(fileCapabilities(undefined), 0n);
});

test("CRIU's reason is its last errors, without what is no reason", () => {
  const log = [
    "(00.1) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted", "(00.2) Warn  (criu/mount.c:1): harmless",
    "(00.3)      1: Error (criu/proc_parse.c:829): Can't open 7/map_files on procfs: Permission denied", "(00.4) Error (criu/cr-dump.c:2128): Dumping FAILED.", "",
  ];
  assert.is(lastErrors(log.join("\n")), "Can't open 7/map_files on procfs: Permission denied");
  assert.is(lastErrors("(00.1) fine\n"), undefined);
  assert.is(lastErrors([1, 2, 3, 4].map((number) => `Error (a.c:${number}): reason ${number}`).join("\n")), "reason 2; reason 3; reason 4");
});

test.run();
