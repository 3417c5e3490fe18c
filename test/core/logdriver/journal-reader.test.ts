import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { journalLine } from "../../../core/container/journal-logs.ts";
import { journalCall, parseEntry } from "../../../core/logdriver/journal-reader.ts";

const fields = { __CURSOR: "s=1", __REALTIME_TIMESTAMP: "1700000000123456", PRIORITY: "6", MESSAGE: "text" };

test("an entry tells its stream, text, time and place; bytes that are no text come as numbers", () => {
  const { text, ...rest } = parseEntry(JSON.stringify(fields)) ?? { text: Buffer.from("") };
  assert.is(text.toString(), "text");
  assert.equal(rest, { stream: "stdout", isPartial: false, time: "2023-11-14T22:13:20.123456000Z", cursor: "s=1" });
  const other = parseEntry(JSON.stringify({ ...fields, PRIORITY: "3", MESSAGE: [255, 65], CONTAINER_PARTIAL_MESSAGE: "true" }));
  assert.equal([other?.stream, other?.isPartial, other?.text.toString("latin1")], ["stderr", true, "\u00ffA"]);
  assert.is(parseEntry(JSON.stringify({ ...fields, MESSAGE: null }))?.text.length, 0);
  assert.is(parseEntry("-- No entries --"), undefined);
});

test("a line has its beginning once, and its end with its last piece", () => {
  const style = { timestamps: true, prefix: "web " };
  const piece = (text: string, isPartial: boolean, begins: boolean): string => journalLine({ text: Buffer.from(text), time: "T", isPartial }, style, begins).toString();
  assert.is(piece("one-", true, true) + piece("two", false, false), "web T one-two\n");
  assert.is(journalLine({ text: Buffer.from("x"), time: "T", isPartial: false }, { timestamps: false, prefix: "" }, true).toString(), "x\n");
});

test("what is asked for reaches journalctl", () => {
  const dir = mkdtempSync(join(tmpdir(), "cala-journal-"));
  try {
    writeFileSync(join(dir, "journalctl"), "#!/bin/sh\n", { mode: 0o755 });
    const words = (request: Parameters<typeof journalCall>[1]): string => journalCall("ID", request, { PATH: dir }, "json").args.join(" ");
    assert.is(words({ follow: false, tail: undefined }), "--quiet --no-pager --all --output=json CONTAINER_ID_FULL=ID");
    assert.is(words({ follow: true, tail: undefined, sinceMs: 1500 }), "--quiet --no-pager --all --output=json --follow --no-tail --since @1.5 CONTAINER_ID_FULL=ID");
    assert.is(words({ follow: false, tail: 3, untilMs: 2000, afterCursor: "s=1" }), "--quiet --no-pager --all --output=json --lines 3 --after-cursor s=1 --until @2 CONTAINER_ID_FULL=ID");
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test.run();
