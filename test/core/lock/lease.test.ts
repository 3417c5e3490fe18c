import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withLease } from "../../../core/lock/lease.ts";

const test = suite<{ directory: string; path: string }>("leases", {} as never);
test.before.each((context) => {
  context.directory = mkdtempSync(join(tmpdir(), "cala-lease-"));
  context.path = join(context.directory, "thing");
});
test.after.each(({ directory }) => rmSync(directory, { recursive: true }));

test("one holder at a time, and nothing is left", async ({ path }) => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  await Promise.all([withLease(path, {}, work), withLease(path, {}, work), withLease(path, {}, work)]);
  assert.is(most, 1);
  assert.not.ok(existsSync(`${path}.lock`) || existsSync(`${path}.owner`));
});

test("the lease of a dead process is taken over at once", async ({ path }) => {
  const dead = spawnSync("true").pid;
  mkdirSync(`${path}.lock`);
  writeFileSync(`${path}.owner`, `${dead} 1 not-this-boot`);
  // Its directory is as new as can be, now and later: that it is old is no reason.
  utimesSync(`${path}.lock`, new Date("2100-01-01"), new Date("2100-01-01"));
  assert.is(await withLease(path, {}, () => Promise.resolve("mine")), "mine");
});

test("a wait ends when somebody else has finished, or when it is aborted", async ({ path }) => {
  let finished = false;
  await withLease(path, {}, async () => {
    const waiting = withLease(path, { finished: () => finished }, () => Promise.resolve("again"));
    finished = true;
    assert.is(await waiting, undefined);
    const stop = new AbortController();
    const aborted = withLease(path, { signal: stop.signal }, () => Promise.resolve("again"));
    stop.abort();
    await aborted.then(() => assert.unreachable(), (error: Error) => assert.is(error.name, "AbortError"));
  });
});

test("a failure frees it", async ({ path }) => {
  await withLease(path, {}, () => Promise.reject(new Error("no"))).then(() => assert.unreachable(), () => undefined);
  assert.is(await withLease(path, {}, () => Promise.resolve(1)), 1);
});

test.run();
