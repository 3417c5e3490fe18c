import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkLockOrder, withLock } from "../../../core/lock/lock.ts";

const test = suite<{ directory: string }>("locks", {} as never);
test.before(checkLockOrder);
test.before.each((context) => {
  context.directory = mkdtempSync(join(tmpdir(), "cala-lock-"));
});
test.after.each(({ directory }) => rmSync(directory, { recursive: true }));

test("locks taken in the order of their ranks are held together", async ({ directory }) => {
  const path = (name: string): string => join(directory, name, "lock");
  mkdirSync(join(directory, "c")); // a lock never makes the directory of a container
  const found = await withLock("store", path("s"), "shared", () => withLock("volume", path("v"), "exclusive", () => withLock("container", path("c"), "exclusive", () => "inside")));
  assert.is(found, "inside");
});

test("a lock of a lower rank inside one of a higher rank is a bug, across awaits too", async ({ directory }) => {
  const work = withLock("container", join(directory, "c"), "exclusive", async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return await withLock("store", join(directory, "s"), "shared", () => "inside");
  });
  assert.match(await work.catch((error: Error) => error.message), 'lock "store" taken after "container"');
});

test("an exclusive holder keeps others out, shared ones do not", async ({ directory }) => {
  const path = join(directory, "lock");
  const seen: string[] = [];
  const hold = (mode: "shared" | "exclusive", name: string): Promise<void> => withLock("store", path, mode, async () => {
    seen.push(`+${name}`);
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(`-${name}`);
  });
  await Promise.all([hold("exclusive", "a"), hold("exclusive", "b")]);
  assert.equal(seen.map((each) => each[0]), ["+", "-", "+", "-"]);
  seen.length = 0;
  await withLock("store", path, "shared", () => hold("shared", "c"));
  assert.equal(seen, ["+c", "-c"]);
});

test.run();
