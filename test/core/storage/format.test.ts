import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resolveDirs } from "../../../core/dirs/dirs.ts";
import { formatFile } from "../../../core/dirs/paths.ts";
import { checkStoreFormat, storeFormat } from "../../../core/storage/format.ts";

const test = suite<{ root: string }>("checkStoreFormat");
test.before.each((context) => { context.root = mkdtempSync(join(tmpdir(), "cala-format-")); });
test.after.each((context) => { rmSync(context.root, { recursive: true }); });

test("a new directory is marked, and known the next time", async ({ root }) => {
  const dirs = resolveDirs({}, root);
  await checkStoreFormat(dirs);
  assert.is(readFileSync(formatFile(dirs), "utf8"), `${storeFormat}\n`);
  await checkStoreFormat(dirs);
});

const cases: ReadonlyArray<readonly [string, RegExp | undefined]> = [
  ["1.9.3\n", undefined], ["0.9.0", undefined], ["2.0.0", /a newer cala/], ["10.1.0\n", /a newer cala/], ["", /is damaged/], ["one", /is damaged/],
];
for (const [text, message] of cases) {
  test(`a directory of format ${JSON.stringify(text)} is ${message === undefined ? "used" : "refused"}`, async ({ root }) => {
    const dirs = resolveDirs({}, root);
    mkdirSync(dirs.data, { recursive: true });
    writeFileSync(formatFile(dirs), text);
    const failure = await checkStoreFormat(dirs).then(() => undefined, (error: Error) => error.message);
    if (message === undefined) assert.is(failure, undefined);
    else assert.match(failure ?? "", message);
    assert.is(readFileSync(formatFile(dirs), "utf8"), text);
  });
}

test.run();
