// deadline: 600 s
// runs: alone
/**
 * Labels and the wall that they make, in a virtual machine with SELinux: see selinux.sh. The policy is a tiny one of ours (selinux.conf).
 * Alone: a machine that boots while others work may mistake the speed of its clock.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";
import { runInMachine } from "./machine.ts";

/** The policy as the kernel takes it; the categories and the contexts of the kernel's own objects are alike, so the source names them once. */
function compilePolicy(): Uint8Array {
  const source = readFileSync(join(process.cwd(), "test/vm/selinux.conf"), "utf8");
  const objects = [...source.matchAll(/^sid (\w+)$/gm)].map(([, name]) => `sid ${name ?? ""} base_u:base_r:base_t:s0 - s0:c0.c1023`);
  const categories = Array.from({ length: 1024 }, (_, index) => `category c${index};`);
  const dir = mkdtempSync(join(tmpdir(), "cala-policy-"));
  try {
    writeFileSync(join(dir, "policy.conf"), source.replace(/^CATEGORIES$/m, categories.join("\n")).replace(/^CONTEXTS$/m, objects.join("\n")));
    const made = spawnSync("checkpolicy", ["-M", "-U", "allow", "-c", "31", "-o", join(dir, "policy"), join(dir, "policy.conf")], { encoding: "utf8" });
    assert.is(made.status, 0, made.stderr);
    return readFileSync(join(dir, "policy"));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

needs("checkpolicy", spawnSync("checkpolicy", ["-V"]).status === 0);
const { step, ok } = await runInMachine({ script: "selinux.sh", user: "root", timeoutSeconds: 480, files: { policy: compilePolicy() }, kernelWords: "security=selinux selinux=1 enforcing=0" });
const label = /^base_u:base_r:container_t:s0:c\d+,c\d+$/;

test("a container has a label without asking, for its program, further processes and files", () => {
  ok("load");
  assert.is(ok("enforce"), "1");
  ok("labelled");
  assert.match(ok("current"), label, ok("current"));
  const [hosts, tmpfs, root, mounts] = ok("mounts").split("\n");
  assert.equal([hosts, tmpfs, root], ["hosts", "x", "y"]);
  assert.ok(Number(mounts) >= 4, mounts);
  const [process, files] = ok("inspect").split(" ");
  assert.is(process, ok("current"));
  assert.is(files, process?.replace("base_r:container_t", "object_r:container_file_t"));
  assert.is(ok("info"), "true");
});

test("its categories are its own and stay; one of systemd's has its type", () => {
  const [first, second] = ok("again").split("\n").filter((line) => line !== "");
  assert.match(first ?? "", /^base_u:base_r:container_init_t:s0:c\d+,c\d+$/);
  assert.is(first, second);
  assert.is.not(first?.split(":").at(-1), ok("current").split(":").at(-1));
});

test("user, type and level are as asked for; an unknown one is an error; disabled and privileged containers have none", () => {
  assert.is(ok("level"), "base_u:base_r:container_t:s0:c5,c6");
  assert.is(step("unknown").code, 125);
  assert.match(step("unknown").text, /nothere_t/);
  for (const name of ["disabled", "privileged"]) assert.match(ok(name), /^base_u:base_r:base_t:s0/);
});

test("CVE-2025-52881: a false /proc does not get the label that is meant for the kernel", () => {
  assert.not.match(step("false-proc").text, /^(runs|base_u)/m);
  assert.match(step("false-proc").text, /cannot start container/);
});

test("without contexts for containers in the policy, with a driver whose files have no labels, and where the policy forbids it, containers run without, which is said", () => {
  assert.is(step("before-asked").code, 125);
  assert.match(step("before-asked").text, /policy has no contexts for containers\nHint: install container-selinux/);
  assert.match(ok("before"), /without an SELinux label, in your own domain: the policy has no contexts for containers \(install the package container-selinux\)[^]*runs/);
  assert.match(ok("vfs"), /without an SELinux label, in your own domain: files of the storage driver "vfs"[^]*base_u:base_r:base_t:s0/);
  assert.match(ok("forbidden"), /the policy forbids base_u:base_r:base_t "transition" of the process label base_u:base_r:container_t \(have root label the program: chcon -t container_runtime_exec_t \/.*cala-native\)[^]*base_u:base_r:base_t:s0/);
});

test("the wall: files of the host are closed, those labelled with z open to all containers, those with Z to one", () => {
  assert.is.not(step("wall").code, 0);
  assert.match(step("wall").text, /Permission denied/);
  assert.match(ok("shared"), /^of-the-host\nof-the-host\nbase_u:object_r:container_file_t:s0$/);
  assert.is(ok("private"), "of-the-host");
  assert.match(step("other").text, /Permission denied/);
  assert.is(ok("volume"), "kept");
});

test("directories that others need are not relabelled", () => {
  assert.is(step("home").code, 125);
  assert.match(step("home").text, /SELinux relabeling of "\/home" is not allowed/);
  ok("remove");
});

test.run();
