import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { asNamespaceRoot } from "./harness/debian.ts";
import { runOk } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";

const { cala, registry } = await prepareSuite(test, "stores", ["busybox", "configured"]);
const shared = join(cala.home, "shared");
const withShared = { env: { CALA_IMAGE_STORES: shared } };

/** Names, times and sizes of everything in the shared store, but for the marks that its own pull takes away when the disk has all. */
const stateOfShared = async (): Promise<string> => (await runOk("sh", ["-c", `find ${shared} -not -path '*/unsynced*' -printf '%p %y %s %T@ %C@\\n' | sort`])).stdout;

test("images of a further store run, are listed and saved without a write or a lock in it, and nothing is copied", async () => {
  await cala.ok(["--root", shared, "pull", "-q", registry.reference("busybox")]);
  const before = await stateOfShared();
  const name = registry.reference("busybox");
  assert.is((await cala.run(["image", "exists", name])).code, 1);
  assert.is((await cala.run(["image", "exists", name], withShared)).code, 0);
  assert.is(await cala.ok(["images", "--format", "{{.Repository}} {{.ReadOnly}}"], withShared), `${name} true`);
  assert.is(await cala.ok(["run", "--rm", "--network", "none", "--pull", "never", "busybox", "sh", "-c", "echo changed >/bin/new && rm /bin/busybox && cat /bin/new"], withShared).catch(String), "changed");
  await cala.ok(["save", "-q", "-o", join(cala.home, "saved.tar"), name], withShared);
  await cala.ok(["history", name], withShared);
  assert.match((await cala.fails(["rmi", name], withShared)).stderr, /which is only read/);
  await cala.ok(["image", "prune", "-a", "-f"], withShared);
  assert.match(await cala.ok(["system", "check"], withShared), /^no damage/);
  assert.is(await stateOfShared(), before);
  assert.equal(readdirSync(join(cala.root, "data")).includes("layers"), false);
});

test("a pull fetches only what no store has; names of one's own go to images of the other", async () => {
  const before = await stateOfShared();
  await cala.ok(["pull", "-q", "configured"], withShared);
  assert.ok(readdirSync(join(cala.root, "data/layers")).length >= 1);
  await cala.ok(["tag", registry.reference("busybox"), "localhost/mine"], withShared);
  assert.is(await cala.ok(["run", "--rm", "--network", "none", "localhost/mine", "echo", "mine"], withShared), "mine");
  assert.match(await cala.ok(["rmi", "localhost/mine"], withShared), /Untagged: localhost\/mine/);
  assert.is(await stateOfShared(), before);
});

test("storage.conf and --storage-opt name further stores; podman's own in that list are passed over", async () => {
  const conf = join(cala.home, "storage.conf");
  mkdirSync(join(cala.home, "podmans/overlay-images"), { recursive: true });
  writeFileSync(conf, `[storage.options]\nadditionalimagestores = [ "${cala.home}/podmans", # theirs\n  "${shared}" ]\n`);
  const name = registry.reference("busybox");
  assert.is((await cala.run(["image", "exists", name], { env: { CONTAINERS_STORAGE_CONF: conf } })).code, 0);
  assert.is((await cala.run(["--storage-opt", `additionalimagestore=${shared}`, "image", "exists", name])).code, 0);
  assert.match((await cala.fails(["--storage-opt", "size=3", "images"])).stderr, /only additionalimagestore=DIR is known/);
  await cala.ok(["rmi", "-f", "configured"]);
  await cala.ok(["--root", shared, "system", "reset", "-f"]);
});

/** A store as another user leaves it who lets everybody read: nothing in it belongs to this user. */
async function foreignStore(place: string, name?: string): Promise<string> {
  const store = join(cala.home, place);
  const pulled = registry.reference("configured");
  await cala.ok(["--root", store, "pull", "-q", pulled]);
  if (name !== undefined) await cala.ok(["--root", store, "tag", pulled, name]);
  if (name !== undefined) await cala.ok(["--root", store, "untag", pulled, pulled]);
  await runOk("unshare", [...asNamespaceRoot(), "sh", "-c", `chown -R 77:77 ${store}/data && chmod -R a+rX ${store}/data`]);
  return store;
}

test("images of a store of another user's run, too: their layers are copied, checked, once", async () => {
  const store = await foreignStore("foreign");
  const foreign = { env: { CALA_IMAGE_STORES: store } };
  const name = registry.reference("configured");
  const first = await cala.run(["run", "--rm", "--network", "none", "--pull", "never", "--user", "0", "--entrypoint", "sh", name, "-c", "stat -c %u:%g /bin/busybox; echo x >>/etc/passwd && echo changed"], foreign);
  assert.match(first.stderr, /another user's store: .* copied into your own, once/);
  assert.is(first.stdout, "0:0\nchanged\n");
  const again = await cala.run(["run", "--rm", "--network", "none", "--pull", "never", "--entrypoint", "true", name], foreign);
  assert.equal([again.code, again.stderr], [0, ""]);
  assert.match(await cala.ok(["system", "check"], foreign), /^no damage/);
  assert.is(await cala.ok(["images", "--format", "{{.Repository}} {{.ReadOnly}}"], foreign), `${name} true`);
  assert.match(await cala.ok(["unshare", join(cala.root, "bin/cala"), "image", "mount", name], foreign), /mounts/);
  assert.is(await cala.ok(["run", "--rm", "--network", "none", "--pull", "never", "--mount", `type=image,src=${name},dst=/i`, "--user", "0", "--entrypoint", "sh", name, "-c", "test -x /i/bin/busybox && stat -c %u /i/bin"], foreign), "0");
  // Without that store nothing needs the copies.
  await cala.ok(["image", "prune", "-a", "-f"]);
  assert.equal(readdirSync(join(cala.root, "data/layers")), []);
  await runOk("unshare", [...asNamespaceRoot(), "rm", "-rf", store]);
});

test("what cannot be read in another user's store is fetched from the image's registry, and without one the owner's command is told", async () => {
  for (const [store, name] of [[await foreignStore("torn"), registry.reference("configured")], [await foreignStore("lone", "localhost/lone"), "localhost/lone"]] as const) {
    await runOk("unshare", [...asNamespaceRoot(), "sh", "-c", `for layer in ${store}/data/layers/*; do : > $layer/split; done`]);
    const finished = await cala.run(["run", "--rm", "--network", "none", "--pull", "never", "--entrypoint", "echo", name, "here"], { env: { CALA_IMAGE_STORES: store } });
    if (name === "localhost/lone") assert.match(finished.stderr, /cannot be read from the other user's store: .*nor can the image be pulled[^]*cala unshare chmod -R a\+rX STORE/);
    else assert.is(finished.stdout, "here\n");
    await cala.ok(["rmi", "-a", "-f"]);
    await runOk("unshare", [...asNamespaceRoot(), "rm", "-rf", store]);
  }
});

test.run();
