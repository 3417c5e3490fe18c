// deadline: 600 s
/** What only root of a host can arrange, in a virtual machine with AppArmor: see walls.sh. Without the machine these tests are skipped. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { busyboxLayer } from "../e2e/harness/busybox.ts";
import { needs } from "../runner/skip.ts";

const placed = process.env["CALA_TEST_VM"] ?? join(process.cwd(), "../shared/vm/run");
needs("the test VM (shared/vm beside the checkout)", existsSync(placed));
needs("root, to build the test VM", process.getuid?.() === 0);

const tags = { u32: 2, name: 4, string: 5, struct: 7, end: 8 } as const;
const text = (kind: number, value: string): Buffer => { const bytes = Buffer.from(`${value}\0`); return Buffer.concat([Buffer.from([kind, bytes.length, 0]), bytes]); };
const u32 = (value: number): Buffer => { const bytes = Buffer.alloc(5); bytes[0] = tags.u32; bytes.writeUInt32LE(value, 1); return bytes; };

/** A profile without a single rule, as apparmor_parser would pack it (security/apparmor/policy_unpack.c): mode 0 forbids everything, 1 allows and notes it. */
function policy(name: string, mode: 0 | 1): Buffer {
  return Buffer.concat([
    text(tags.name, "version"), u32(7), text(tags.name, "profile"), Buffer.from([tags.struct]), text(tags.string, name),
    text(tags.name, "flags"), Buffer.from([tags.struct]), u32(0), u32(mode), u32(0), Buffer.from([tags.end]), u32(0), u32(0), u32(0), u32(0), Buffer.from([tags.end]),
  ]);
}

const work = mkdtempSync(join(tmpdir(), "cala-vm-walls-"));
const [given, out] = [join(work, "in"), join(work, "out")];
mkdirSync(given);
test.after(() => rmSync(work, { recursive: true, force: true }));
const dist = process.env["CALA_TEST_DIST"] ?? join(process.cwd(), "dist");
const files = ["cala.cjs", "cala-main.js", "koffi.node", "cala-native"].map((name) => `dist/${name}`);
spawnSync("tar", ["-cf", join(given, "dist.tar"), "-C", join(dist, ".."), ...files], { stdio: "inherit" });
writeFileSync(join(given, "base.tar"), await busyboxLayer());
writeFileSync(join(given, "soft.policy"), policy("cala-test-soft", 1));
writeFileSync(join(given, "hard.policy"), policy("cala-test-hard", 0));
cpSync(join(process.cwd(), "test/vm/walls.sh"), join(given, "walls.sh"));
const run = spawnSync(placed, ["--user", "root", "--dir", given, "--out", out, "--timeout", "480", "--", "sh", join(given, "walls.sh"), given], { encoding: "utf8", maxBuffer: 1 << 24 });
needs(`a test VM that starts (${run.stderr.split("\n").filter((line) => line.startsWith("vm:")).at(-1) ?? ""})`, run.status !== 125);

function step(name: string): { readonly code: number; readonly said: string } {
  const path = join(out, name);
  assert.ok(existsSync(`${path}.code`), `the step "${name}" was not reached: ${run.stderr}`);
  return { code: Number(readFileSync(`${path}.code`, "utf8")), said: readFileSync(path, "utf8").replaceAll("\0", "").trim() };
}

function said(name: string): string {
  const { code, said: words } = step(name);
  assert.is(code, 0, `${name}: ${words}`);
  return words;
}

test("a loaded AppArmor profile is the one that the program and further processes run under", () => {
  for (const name of ["load-soft", "load-hard"]) said(name);
  assert.match(said("soft"), /^cala-test-soft\b.*\(complain\)$/);
  const [label, shown, removed] = said("soft-exec").split("\n");
  assert.match(label ?? "", /^cala-test-soft\b/);
  assert.equal([shown, removed], ["cala-test-soft", "soft"]);
});

test("a profile that forbids is obeyed; unconfined is none; one that is not loaded is refused", () => {
  assert.is.not(step("hard").code, 0);
  assert.not.match(step("hard").said, /root:x:0/);
  assert.match(said("unconfined"), /^unconfined$/);
  const { code, said: words } = step("missing");
  assert.is(code, 125);
  assert.match(words, /cala-test-none/);
});

for (const [setting, value] of [["user.max_user_namespaces", "28633"], ["kernel.unprivileged_userns_clone", "1"]] as const) {
  test(`with ${setting}=0 on the whole host containers run without namespaces, and the setting is named`, () => {
    const lines = said(`rung-${setting}`).split("\n");
    assert.equal(lines.filter((line) => !line.startsWith("WARN")), ["0", "5:6", "0"]);
    assert.match(lines.find((line) => line.startsWith("WARN")) ?? "", new RegExp(`${setting} is 0; sudo sysctl -w ${setting}=${value}`));
    assert.match(step(`doctor-${setting}`).said, new RegExp(setting));
  });
}

test("when the setting is back, so are the namespaces", () => {
  assert.match(said("again"), /^user:\[/);
});

test.run();
