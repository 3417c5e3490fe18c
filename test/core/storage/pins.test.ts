import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resolveDirs } from "../../../core/dirs/dirs.ts";
import { stagingDir } from "../../../core/dirs/paths.ts";
import { abandonedStaging } from "../../../core/layer/staging.ts";
import { digestOf } from "../../../core/oci/digest.ts";
import { pinnedDigests, withPin } from "../../../core/storage/pins.ts";
import { withStore } from "../../../core/storage/with-store.ts";

const test = suite<{ root: string }>("pins");
test.before.each((context) => { context.root = mkdtempSync(join(tmpdir(), "cala-pins-")); });
test.after.each(({ root }) => rmSync(root, { recursive: true, force: true }));

const [first, second] = [digestOf("1"), digestOf("2")];

test("what a running command pinned is known until it has ended, and no lock is held meanwhile", async ({ root }) => {
  const dirs = resolveDirs({}, root);
  await withPin(dirs, [first], async (pin) => {
    assert.equal(await withStore(dirs, "exclusive", () => [...pinnedDigests(dirs)]), [first]);
    await pin.add([second]);
    assert.equal(await withStore(dirs, "exclusive", () => [...pinnedDigests(dirs)]), [first, second]);
  });
  assert.equal([...pinnedDigests(dirs)], []);
  assert.equal(readdirSync(stagingDir(dirs)), []);
});

test("a pin is gone after a failure too", async ({ root }) => {
  const dirs = resolveDirs({}, root);
  await withPin(dirs, [first], async () => await Promise.reject(new Error("no"))).catch(() => undefined);
  assert.equal([...pinnedDigests(dirs)], []);
});

test("the pin of a killed process counts nothing and is swept", ({ root }) => {
  const dirs = resolveDirs({}, root);
  mkdirSync(stagingDir(dirs), { recursive: true });
  // A process that never had this start time.
  const name = `pin-${process.pid}-1-0123456789ab`;
  writeFileSync(join(stagingDir(dirs), name), `${first}\n`);
  assert.equal([...pinnedDigests(dirs)], []);
  assert.equal(abandonedStaging(dirs), [join(stagingDir(dirs), name)]);
});

test.run();
