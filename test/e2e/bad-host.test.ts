import { chmodSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { run } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "bad-host");
const none = ["run", "--rm", "--network", "none"] as const;

/** A PATH with every program of the host but those named. */
function pathWithout(...names: readonly string[]): string {
  const dir = mkdtempSync(join(cala.home, "path-"));
  for (const source of ["/sbin", "/usr/sbin", "/bin", "/usr/bin", "/usr/local/bin"]) {
    for (const name of safeList(source)) {
      if (names.includes(name)) continue;
      try {
        symlinkSync(join(source, name), join(dir, name));
      } catch {
        // a later directory has it too
      }
    }
  }
  return dir;
}

function safeList(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

for (const [what, value] of [["unset", undefined], ["empty", ""], ["relative", "run"], ["a directory that is not there", "/no/such/dir"], ["not ours", "/"]] as const) {
  test(`XDG_RUNTIME_DIR ${what}: containers run`, async () => {
    assert.is(await cala.ok([...none, "busybox", "echo", "x"], { env: { XDG_RUNTIME_DIR: value } }), "x");
  });
}

test("XDG_RUNTIME_DIR that cannot be written to, without CALA_ROOT: containers run", async () => {
  const locked = join(cala.home, "locked");
  mkdirSync(locked, { mode: 0o500 });
  const out = await cala.run([...none, "busybox", "echo", "x"], {
    env: { XDG_RUNTIME_DIR: locked, CALA_ROOT: undefined, XDG_DATA_HOME: join(cala.home, "d"), XDG_STATE_HOME: join(cala.home, "s"), XDG_CACHE_HOME: join(cala.home, "c"), XDG_CONFIG_HOME: join(cala.home, "k") },
  });
  chmodSync(locked, 0o700);
  assert.is(out.stdout, "x\n", out.stderr);
});

test("a root with a path longer than a socket's 107 bytes works, attach included", async () => {
  const root = join(cala.root, "long", "d".repeat(80), "e".repeat(80));
  mkdirSync(root, { recursive: true });
  const env = { CALA_ROOT: root };
  await cala.ok(["run", "-d", "-i", "--name", "deep", "--network", "none", "busybox", "sh", "-c", "read x; echo got $x"], { env });
  const attached = await cala.run(["attach", "deep"], { env, input: "y\n" });
  assert.match(attached.stdout, /got y/);
  await cala.ok(["rm", "-f", "-t", "0", "deep"], { env });
  const erased = await run("unshare", ["--user", "--map-auto", "--map-root-user", "rm", "-rf", join(cala.root, "long")]);
  assert.is(erased.code, 0);
});

test("without newuidmap a container runs with a single id, said once in one line", async () => {
  const fresh = join(cala.root, "single");
  const env = { PATH: pathWithout("newuidmap", "newgidmap"), CALA_ROOT: fresh };
  const first = await cala.run([...none, "busybox", "id", "-u"], { env });
  assert.is(first.code, 0, first.stderr);
  assert.is(first.stdout, "0\n");
  assert.match(first.stderr, /newuidmap|uidmap/);
  const second = await cala.run([...none, "busybox", "id", "-u"], { env });
  assert.not.match(second.stderr, /newuidmap|uidmap/);
});

test("without pasta and slirp4netns the default network is refused with the package's name, none works", async () => {
  const env = { PATH: pathWithout("pasta", "passt", "slirp4netns", "pasta.avx2", "passt.avx2") };
  const refused = await cala.run(["run", "--rm", "busybox", "true"], { env });
  if (refused.code !== 0) assert.is(refused.code, 125);
  assert.match(refused.stderr, /passt|pasta|slirp4netns/);
  assert.is(await cala.ok([...none, "busybox", "echo", "x"], { env }), "x");
});

test("a store on a full disk: one clear error, and the store works again when there is room", async () => {
  // A small tmpfs in a mount namespace of our own is the disk; the inner namespace gives the caller its own id back.
  const asCaller = `unshare --user --map-user=${process.getuid?.()} --map-group=${process.getgid?.()}`;
  const script = [
    `mkdir -p ${cala.root}/small && mount -t tmpfs -o size=600k,mode=777 tmpfs ${cala.root}/small`,
    `CALA_ROOT=${cala.root}/small ${asCaller} ${cala.root}/bin/cala pull -q busybox; echo code $?`,
    `echo left $(ls ${cala.root}/small/data/images ${cala.root}/small/data/layers 2>/dev/null | grep -c '^[0-9a-f]')`,
  ].join("\n");
  const full = await run("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", script], { env: cala.env });
  assert.match(full.stdout, /code 125/, full.stderr);
  assert.match(full.stderr, /space|full|ENOSPC/i);
  assert.match(full.stdout, /left 0/);
});

test("a damaged record is one error and does not stop the others", async () => {
  await cala.ok(["create", "--name", "sound", "--network", "none", "busybox", "true"]);
  const id = await cala.ok(["create", "--name", "damaged", "--network", "none", "busybox", "true"]);
  const { writeFileSync } = await import("node:fs");
  writeFileSync(join(cala.root, "data/containers", id, "record.json"), "{ not json");
  const listed = await cala.run(["ps", "-a", "--format", "{{.Names}}"]);
  assert.match(listed.stdout, /sound/);
  await cala.ok(["rm", "-f", "damaged"]).catch(async () => await cala.ok(["rm", "-f", id]));
  await cala.ok(["rm", "sound"]);
});

test.run();
