import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Dirs } from "../../../../core/dirs/dirs.ts";
import { seccompCacheDir } from "../../../../core/dirs/paths.ts";
import { defaultCapabilities } from "../../../../core/security/capabilities.ts";
import { libraryVersion, seccompFilter, seccompRules } from "../../../../core/security/seccomp/filter.ts";

const test = suite<{ root: string; dirs: Dirs }>("seccomp filter");
test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), "cala-seccomp-"));
  context.dirs = { config: "", data: "", state: "", runtime: "", cache: join(context.root, "cache") };
});
test.after.each((context) => rmSync(context.root, { recursive: true, force: true }));

const choice = { seccomp: "default", privileged: false, capabilities: defaultCapabilities };
const allow = 0x7fff0000;
const refuse = (errno: number): number => 0x00050000 + errno;

/** Runs the classic BPF program as the kernel would (linux/filter.h; seccomp(2) allows these instructions only). */
function evaluate(filter: Uint8Array, architecture: number, number: number, args: readonly number[]): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(architecture, 4);
  args.forEach((value, index) => data.writeBigUInt64LE(BigInt(value), 16 + 8 * index));
  const code = Buffer.from(filter);
  let accumulator = 0;
  for (let at = 0; at < code.length / 8; at += 1) {
    const operand = code.readUInt32LE(at * 8 + 4);
    const jump = (taken: boolean): number => code.readUInt8(at * 8 + (taken ? 2 : 3));
    switch (code.readUInt16LE(at * 8)) {
      case 0x20: accumulator = data.readUInt32LE(operand); break;
      case 0x54: accumulator = (accumulator & operand) >>> 0; break;
      case 0x05: at += operand; break;
      case 0x15: at += jump(accumulator === operand); break;
      case 0x25: at += jump(accumulator > operand); break;
      case 0x35: at += jump(accumulator >= operand); break;
      case 0x45: at += jump((accumulator & operand) !== 0); break;
      case 0x06: return operand;
      default: throw new Error(`instruction ${code.readUInt16LE(at * 8)}`);
    }
  }
  throw new Error("the program ran over its end");
}

const native = process.arch === "arm64"
  ? { architecture: 0xc00000b7, read: 63, socket: 198, personality: 92, chroot: 51, mount: 40, kexec: 104, bpf: 280 }
  : { architecture: 0xc000003e, read: 0, socket: 41, personality: 135, chroot: 161, mount: 165, kexec: 246, bpf: 321 };

if (libraryVersion() !== "") {
  test("decides as the profile says", async ({ dirs }) => {
    const { filter } = await seccompFilter(dirs, choice);
    const ask = (number: number, ...args: number[]): number => evaluate(filter ?? new Uint8Array(), native.architecture, number, args);
    assert.is(ask(native.read), allow);
    assert.is(ask(native.mount), allow);
    assert.is(ask(native.chroot), allow);
    assert.is(ask(native.kexec), refuse(1));
    assert.is(ask(native.bpf), refuse(1));
    assert.is(ask(9999), refuse(38), "an unknown call is as on an old kernel");
    assert.is(ask(native.personality, 0), allow);
    assert.is(ask(native.personality, 0xffffffff), allow);
    assert.is.not(ask(native.personality, 0x0400000), allow, "READ_IMPLIES_EXEC");
  });
  test("sockets: every family but the hypervisor's; audit only with its capability", async ({ dirs }) => {
    const decide = (filter: Uint8Array | undefined, ...args: number[]): number => evaluate(filter ?? new Uint8Array(), native.architecture, native.socket, args);
    const plain = (await seccompFilter(dirs, choice)).filter;
    const audit = (await seccompFilter(dirs, { ...choice, capabilities: [...defaultCapabilities, "CAP_AUDIT_WRITE"] })).filter;
    for (const filter of [plain, audit]) {
      for (let family = 0; family < 50; family += 1) {
        for (const protocol of [0, 6, 9, 17]) {
          const expected = family === 40 ? refuse(1) : family === 16 && protocol === 9 && filter === plain ? refuse(22) : allow;
          assert.is(decide(filter, family, 1, protocol), expected, `socket(${family}, 1, ${protocol})`);
        }
      }
    }
  });
  test("CVE-2022-0185: new mount calls stay behind the kernel's own checks, other machines' calls are killed or mapped", async ({ dirs }) => {
    const { filter } = await seccompFilter(dirs, choice);
    assert.is(evaluate(filter ?? new Uint8Array(), 0x12345678, 0, []), 0);
  });
  test("is compiled once per set of capabilities", async ({ dirs }) => {
    const first = await seccompFilter(dirs, choice);
    const again = await seccompFilter(dirs, { ...choice, capabilities: [...defaultCapabilities].reverse() });
    assert.equal(again.filter, first.filter);
    await seccompFilter(dirs, { ...choice, capabilities: [] });
    assert.is(readdirSync(seccompCacheDir(dirs)).length, 2);
  });
  test("a damaged cache file is compiled anew", async ({ dirs }) => {
    const first = await seccompFilter(dirs, choice);
    const file = join(seccompCacheDir(dirs), readdirSync(seccompCacheDir(dirs))[0] ?? "");
    truncateSync(file, 13);
    assert.equal((await seccompFilter(dirs, choice)).filter, first.filter);
  });
  test("a profile from a file", async ({ dirs, root }) => {
    const file = join(root, "profile.json");
    writeFileSync(file, JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["chroot", "no_such_call"], action: "SCMP_ACT_ERRNO", errnoRet: 2 }] }));
    const { filter } = await seccompFilter(dirs, { ...choice, seccomp: file });
    assert.is(evaluate(filter ?? new Uint8Array(), native.architecture, native.chroot, []), refuse(2));
    assert.is(evaluate(filter ?? new Uint8Array(), native.architecture, native.kexec, []), allow);
  });
}
test("unconfined and privileged have none", async ({ dirs }) => {
  assert.equal(await seccompFilter(dirs, { ...choice, seccomp: "unconfined" }), {});
  assert.equal(await seccompFilter(dirs, { ...choice, privileged: true }), {});
  assert.is(seccompRules({ ...choice, privileged: true }), undefined);
});
test("a bad profile is named", async ({ dirs, root }) => {
  const file = join(root, "bad.json");
  for (const [text, reason] of [["{", "it is not JSON"], ["[]", "defaultAction"], ['{"defaultAction":"ALLOW"}', '"ALLOW"'], ['{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{}]}', "names"], ['{"defaultAction":"SCMP_ACT_ALLOW","syscalls":7}', "names"]] as const) {
    writeFileSync(file, text);
    const error = await seccompFilter(dirs, { ...choice, seccomp: file }).then(() => undefined, (thrown: Error) => thrown);
    assert.ok(error?.message.includes(file) && error.message.includes(reason), `${text}: ${error?.message}`);
  }
  const error = await seccompFilter(dirs, { ...choice, seccomp: "/none" }).then(() => undefined, (thrown: Error) => thrown);
  assert.match(error?.message ?? "", /no such file/);
});

test.run();
