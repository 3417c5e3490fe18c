import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { storageProbeFile } from "../../../core/dirs/paths.ts";
import { nativeProgram } from "../../../core/dirs/program.ts";
import { applyLayer } from "../../../core/layer/apply.ts";
import type { Digest } from "../../../core/oci/digest.ts";
import { chooseDriver, findDriver, probeDrivers } from "../../../core/storage/choose-driver.ts";
import { storageDrivers } from "../../../core/storage/drivers/list.ts";
import { mountOptions } from "../../../core/storage/drivers/fuse-overlayfs.ts";
import { prepareStorage, treesOf } from "../../../core/storage/prepare.ts";
import { needs, skipReasons } from "../../runner/skip.ts";
import { tarOf, type Entry } from "../../native/tar-fixture.ts";
import { canMapIds, closeSite, openSite, script, type TestSite } from "../layer/store-fixture.ts";

needs("an ordinary user with subordinate ids", canMapIds());

const test = suite<{ site: TestSite }>("storage drivers");
test.before.each((context) => { context.site = openSite(); });
test.after.each(async (context) => { await closeSite(context.site); });

async function store(site: TestSite, ...entries: readonly Entry[]): Promise<Digest> {
  const bytes = tarOf(...entries);
  return (await applyLayer(site, (async function* (): AsyncGenerator<Uint8Array> { yield await Promise.resolve(bytes); })())).diffId;
}

/** Three layers with everything that one can do to another. */
async function layers(site: TestSite): Promise<Digest[]> {
  return [
    await store(site, { name: "./", type: "5", mode: 0o755 }, { name: "keep", data: "keep", uid: 7, gid: 9, mode: 0o4750 }, { name: "gone", data: "gone" }, { name: "d/old", data: "old" }, { name: "o/hidden", data: "h" }, { name: "o/sub/x", data: "h" }, { name: "kind", type: "5" }, { name: "kind/in", data: "in" }, { name: "l", type: "2", link: "keep" }, { name: "twin1", data: "twin" }, { name: "twin2", type: "1", link: "twin1" }, { name: "tree/a/b", data: "b" }),
    await store(site, { name: ".wh.gone", data: "" }, { name: "o/.wh..wh..opq", data: "" }, { name: "o/new", data: "new" }, { name: "kind", data: "a file now" }, { name: "d/.wh.old", data: "" }, { name: "d/young", data: "young" }, { name: ".wh.tree", data: "" }, { name: "p", type: "6" }),
    await store(site, { name: "gone", data: "back" }, { name: "tree", type: "5", mode: 0o700 }, { name: "tree/z", data: "z", pax: { "SCHILY.xattr.user.note": "n", mtime: "5.5" } }, { name: ".wh.l", data: "" }),
  ];
}

const listing = "find . -mindepth 1 ! -type d -printf '%p %y %m %U:%G %s %n %T@ %l\\n' -o -mindepth 1 -type d -printf '%p %y %m %U:%G\\n' | sort; cat keep gone o/new kind d/young tree/z";
const expected = ["./d d 755 0:0", "./d/young f 644", "./gone f 644 0:0 4", "./keep f 4750 7:9 4", "./kind f 644", "./o d 755", "./o/new f 644", "./p p 644", "./tree d 700 0:0", "./tree/z f 644 0:0 1 1 5.5", "./twin1 f 644 0:0 4 2", "./twin2 f 644"];

async function treeOf(site: TestSite, name: string): Promise<string> {
  const dir = join(site.root, `container-${name}`);
  mkdirSync(dir, { mode: 0o755 });
  const container = { storageDriver: name, image: { layers: await layers(site) } };
  const { launch, helpers } = await prepareStorage(site, container, dir);
  const again = await prepareStorage(site, container, dir);
  assert.equal(again.launch, launch);
  if (launch.driver === "overlay") {
    const mount = `mount -t overlay overlay -o userxattr,lowerdir=${[...launch.lowers].reverse().join(":")},upperdir=${launch.upper},workdir=${launch.work} ${launch.rootfs}`;
    return await script(site, `${mount}; cd ${launch.rootfs}; ${listing}; echo changed > keep; rm -r tree; cd ${launch.upper}; stat -c '%n %F' tree`);
  }
  const helper = helpers[0]?.argv.filter((word) => word !== "-f").map((word) => `'${word}'`).join(" ");
  const enter = helper === undefined ? "" : `${helper} 2>/dev/null; `;
  const leave = helper === undefined ? "" : `; cd /; umount ${launch.rootfs}`;
  return await script(site, `${enter}cd ${launch.rootfs}; ${listing}${leave}`);
}

for (const driver of storageDrivers) {
  test(`${driver.name} shows the layers' tree`, async ({ site }) => {
    const availability = await driver.probe(site);
    if (!availability.usable) {
      skipReasons().add(driver.name);
      return;
    }
    const text = await treeOf(site, driver.name);
    const lines = text.split("\n").filter((line) => line.startsWith("./"));
    assert.equal(lines.map((line, index) => line.slice(0, expected[index]?.length)), expected, text);
    assert.match(text, /keepbacknewa file nowyoungz/);
    if (driver.name === "overlay") assert.match(text, /tree character special file/);
    const { own, image } = treesOf(site, { storageDriver: driver.name, image: { layers: [] } }, site.root);
    assert.equal(image, []);
    assert.is(own[0], join(site.root, driver.keepsChangesApart ? "upper" : "rootfs"));
  });
}

test("the choice is remembered, said when it is not the best, and asked anew when the host changes", async ({ site }) => {
  const first = await chooseDriver(site);
  assert.equal(JSON.parse(readFileSync(storageProbeFile(site.dirs), "utf8")).driver, first.name);
  assert.is((await chooseDriver(site)).name, first.name);
  assert.is((await probeDrivers(site)).length, storageDrivers.length);
  assert.is(site.notices.length, first.name === "overlay" ? 0 : 1);
});

test("a trial that a bad moment spoiled chooses nothing and is not remembered", async ({ site }) => {
  const [best] = storageDrivers;
  assert.ok(best);
  const { probe } = best;
  const file = storageProbeFile(site.dirs);
  rmSync(file, { force: true });
  const swap = (other: typeof probe): void => { Object.assign(best, { probe: other }); };
  try {
    swap(() => Promise.resolve({ usable: false, reason: "mount: Cannot allocate memory", fix: "", passing: true }));
    await chooseDriver(site).then(() => assert.unreachable(), (error: { code: string; message: string }) => {
      assert.is(error.code, "storage-driver-untried");
      assert.match(error.message, /: mount: Cannot allocate memory$/);
    });
    assert.not.ok(existsSync(file));
    swap(() => Promise.resolve({ usable: false, reason: "mount: Invalid argument", fix: "", passing: false }));
    assert.is.not((await chooseDriver(site)).name, best.name);
    assert.ok(existsSync(file));
  } finally {
    swap(probe);
    rmSync(file, { force: true });
  }
});

test("an overlay that cannot be tried for want of files may be had later, one that the kernel refuses may not", ({ site }) => {
  const trial = (limit: string): { readonly status: number | null; readonly stderr: string } => {
    const dir = mkdtempSync(join(site.root, "trial-"));
    for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(join(dir, name));
    return spawnSync("sh", ["-c", `${limit} exec "$0" probe-overlay "$1"`, nativeProgram(), dir], { encoding: "utf8" });
  };
  const spoiled = trial("ulimit -n 3;");
  assert.match(`${spoiled.status} ${spoiled.stderr}`, /^75 cannot make a file: /);
  const refused = trial(""); // outside of a namespace of one's own
  assert.match(`${refused.status} ${refused.stderr}`, /^1 mount: /);
});

test("an insisted driver is used or refused", async ({ site }) => {
  assert.is((await chooseDriver({ ...site, storageDriver: "vfs" })).name, "vfs");
  assert.throws(() => findDriver("zfs"), /there is no storage driver "zfs"/);
});

test("a missing layer is named before anything is made", async ({ site }) => {
  const missing = `sha256:${"a".repeat(64)}`;
  let message = "";
  await prepareStorage(site, { storageDriver: "vfs", image: { layers: [missing] } }, site.root).catch((error: Error) => { message = error.message; });
  assert.match(message, /layer "sha256:aaaa.*" of the image is not in the store/);
});

test("paths with commas and colons are quoted for fuse-overlayfs", () => {
  assert.is(mountOptions({ lowers: ["/a:1", "/b"], upper: "/u,1", work: "/w", rootfs: "/r", passing: false }), "lowerdir=/b:/a\\:1,upperdir=/u\\,1,workdir=/w");
});

test("a container that goes with its end has a volatile overlay, and one that a crash left can be mounted again", async ({ site }) => {
  const dir = join(site.root, "container-passing");
  mkdirSync(join(dir, "work", "work", "incompat", "volatile"), { recursive: true });
  const container = { storageDriver: "overlay", image: { layers: await layers(site) }, request: { remove: true, restart: { name: "no" } } };
  const { launch } = await prepareStorage(site, container, dir);
  assert.equal(launch.driver === "overlay" ? launch.options : [], ["volatile"]);
  assert.not.ok(existsSync(join(dir, "work", "work", "incompat")));
  const kept = await prepareStorage(site, { ...container, request: { remove: true, restart: { name: "on-failure" } } }, dir);
  assert.is(kept.launch.driver === "overlay" ? kept.launch.options : "", undefined);
});

test.run();
