import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";
import { fixtureLayout } from "./harness/fixture-images.ts";
import { run, runOk } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";

needs("podman", (await run("sh", ["-c", "command -v podman"])).code === 0);

// podman takes no longer path.
const runroot = mkdtempSync(join(tmpdir(), "cala-p-"));
// Before the suite looks for what is left: podman keeps a process of its own, which its runtime directory tells.
test.after(async () => {
  await podman("overlay", ["system", "migrate"]);
  await runOk("unshare", ["--user", "--map-auto", "--map-root-user", "rm", "-rf", runroot]);
});
const { cala } = await prepareSuite(test, "import-store", []);

/** podman on a store of its own. */
async function podman(driver: string, args: readonly string[]): Promise<string> {
  const place = join(cala.root, "podman", driver);
  const { stdout } = await runOk("podman", ["--root", place, "--runroot", join(runroot, driver), "--storage-driver", driver, ...args], { cwd: cala.home, env: { ...cala.env, XDG_DATA_HOME: join(cala.root, "podman-data"), XDG_RUNTIME_DIR: runroot } });
  return stdout.trim();
}

for (const driver of ["overlay", "vfs"]) {
  test(`images of podman's ${driver} store come over with their ids, names and exact digests, and that store stays as it was`, async () => {
    const archive = join(cala.home, "configured.tar");
    if (!existsSync(archive)) await runOk("skopeo", ["--insecure-policy", "copy", "-q", `oci:${(await fixtureLayout("configured")).dir}:latest`, `oci-archive:${archive}:docker.io/library/configured:latest`]);
    await podman(driver, ["pull", "-q", `oci-archive:${archive}`]);
    await podman(driver, ["create", "--name", "changed", "configured", "true"]);
    await podman(driver, ["commit", "-q", "changed", "localhost/committed:1"]);
    const format = ["images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.Digest}}"];
    const theirs = (await podman(driver, format)).split("\n").sort();
    assert.is(theirs.length, 2);
    await cala.ok(["image", "import-store", "-q", join(cala.root, "podman", driver)]);
    assert.equal((await cala.ok(format)).split("\n").sort(), theirs);
    assert.match(await cala.ok(["system", "check"]), /^no damage: 2 images/);
    assert.is(await cala.ok(["run", "--rm", "--network", "none", "--user", "0", "--entrypoint", "echo", "localhost/committed:1", "same"]), "same");
    assert.equal((await podman(driver, format)).split("\n").sort(), theirs);
    await cala.ok(["rmi", "-a", "-f"]);
    assert.match(await cala.ok(["image", "import-store", "-q", join(cala.root, "podman", driver), "configured"]), /^[0-9a-f]{64}$/);
    await cala.ok(["rmi", "-a", "-f"]);
    assert.match(await cala.ok(["pull", "-q", `containers-storage:[${driver}@${join(cala.root, "podman", driver)}]configured`]), /^[0-9a-f]{64}$/);
    await cala.ok(["rmi", "-a", "-f"]);
  });
}

test("a file that was changed in podman's store is not taken over, and the others are", async () => {
  const place = join(cala.root, "podman/overlay");
  await runOk("unshare", ["--user", "--map-auto", "--map-root-user", "sh", "-c", `f=$(ls -d ${place}/overlay/*/diff/bin/busybox | head -1); printf X | dd of="$f" bs=1 seek=5000 conv=notrunc`]);
  const failed = await cala.fails(["image", "import-store", "-q", place]);
  assert.match(failed.stderr, /was not taken over: .*digest/);
  assert.match(await cala.ok(["system", "check"]), /^no damage: 0 images/);
  assert.match((await cala.fails(["image", "import-store", cala.home])).stderr, /is no store of podman's/);
});

test.run();
