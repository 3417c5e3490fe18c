/** Layers that lie, attack or are broken: each is refused with one clear report, and nothing outside the layer is touched. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { diff, entryBytes, header, padded, readDiff, refusal, removeScratch, scratch, tarEnd, tarOf, unpack, paxRecord, hasIdRange, type Entry } from "./tar-fixture.ts";
import { testIf } from "../runner/skip.ts";

const test = suite<{ dir: string }>("layers that are refused");
test.before.each((context) => { context.dir = scratch(); });
test.after.each((context) => { removeScratch(context.dir); });

const file = (name: string, data = "x"): Entry => ({ name, data });
const link = (name: string, target: string): Entry => ({ name, type: "2", link: target });

const attacks: ReadonlyArray<readonly [string, string, readonly Entry[]]> = [
  ["a name that climbs out", "layer-escapes", [file("../evil")]],
  ["a name that climbs out later", "layer-escapes", [file("a/../../evil")]],
  ["an absolute name that climbs out", "layer-escapes", [file("/../evil")]],
  ["a relative link that climbs out (CVE-2018-15664)", "layer-escapes", [link("a", "../../.."), file("a/evil")]],
  ["a link below a directory that climbs out", "layer-escapes", [{ name: "d", type: "5" }, link("d/a", "../../x"), file("d/a/evil")]],
  ["an absolute link to a place of the host only", "layer-escapes", [link("a", "/SCRATCH/outside"), file("a/evil")]],
  ["a link to itself", "layer-escapes", [link("a", "a"), file("a/evil")]],
  ["a hard link to outside by name", "layer-escapes", [{ name: "h", type: "1", link: "../outside/secret" }]],
  ["a hard link through a link that climbs out", "layer-escapes", [link("a", "../.."), { name: "h", type: "1", link: "a/outside/secret" }]],
  ["a hard link to an absolute name of the host", "layer-invalid", [{ name: "h", type: "1", link: "/etc/passwd" }]],
  ["a hard link to a directory", "layer-invalid", [{ name: "d", type: "5" }, { name: "h", type: "1", link: "d" }]],
  ["a file as parent", "layer-invalid", [file("a"), file("a/b")]],
  ["a whiteout of the parent", "layer-invalid", [file("d/.wh...", "")]],
  ["a whiteout of the directory itself", "layer-invalid", [file("d/.wh..", "")]],
  ["a whiteout without a name", "layer-invalid", [file("d/.wh.", "")]],
  ["a root that is a file", "layer-invalid", [file("./", "x")]],
  ["a name longer than the kernel's", "layer-invalid", [{ name: "x", pax: { path: "n".repeat(300) } }]],
  ["a path longer than the kernel's", "layer-invalid", [{ name: "x", pax: { path: "d/".repeat(2500) } }]],
  ["a type that nobody knows", "layer-invalid", [{ name: "x", type: "Z" }]],
];

for (const [what, code, entries] of attacks) {
  test(`${what} is refused`, ({ dir }) => {
    mkdirSync(join(dir, "outside"));
    writeFileSync(join(dir, "outside", "secret"), "secret");
    const result = unpack(dir, tarOf(...entries.map((entry) => (entry.link === undefined ? entry : { ...entry, link: entry.link.replace("/SCRATCH", dir) }))));
    assert.is(result.status, 1);
    assert.is(refusal(result), code);
    assert.is(result.stderr.trim().split("\n").length, 1);
    assert.not.ok(existsSync(join(dir, "evil")) || existsSync(join(dir, "outside", "evil")) || existsSync("/evil"));
    assert.is(readFileSync(join(dir, "outside", "secret"), "utf8"), "secret");
  });
}

const plain = entryBytes(file("a", "hello"));
const spoiled: ReadonlyArray<readonly [string, string, Buffer]> = [
  ["bytes that are no tar", "tar-malformed", Buffer.from("<!doctype html>".repeat(100))],
  ["a wrong checksum", "tar-malformed", Buffer.concat([plain, Buffer.from(header(file("b")).map((byte, at) => (at === 3 ? 1 : byte))), tarEnd])],
  ["half a header", "tar-truncated", Buffer.concat([plain, header(file("b")).subarray(0, 300)])],
  ["half a payload", "tar-truncated", header({ name: "a", size: 100_000 })],
  ["no padding", "tar-truncated", plain.subarray(0, 600)],
  ["a lone zero block", "tar-malformed", Buffer.concat([plain, Buffer.alloc(512), plain, tarEnd])],
  ["a size that is not a number", "tar-malformed", Buffer.concat([header(file("a"), (block) => block.write("99999999999\0", 124)), tarEnd])],
  ["a negative size", "tar-malformed", Buffer.concat([header(file("a"), (block) => block.fill(0xff, 124, 136)), tarEnd])],
  ["a size beyond 64 bits", "tar-malformed", Buffer.concat([header(file("a"), (block) => { block.fill(0x7f, 124, 136); block[124] = 0x81; }), tarEnd])],
  ["an extended header of 2 GiB", "tar-malformed", Buffer.concat([header({ name: "p", type: "x", size: 2 ** 31 }), tarEnd])],
  ["an extended header without an entry", "tar-malformed", Buffer.concat([header({ name: "p", type: "x", data: "9 path=a\n" }), padded("9 path=a\n"), tarEnd])],
  ["a pax record that is too long", "tar-malformed", Buffer.concat([header({ name: "p", type: "x", data: "99 path=a\n" }), padded("99 path=a\n"), plain])],
  ["a pax record without =", "tar-malformed", Buffer.concat([header({ name: "p", type: "x", data: "7 path\n" }), padded("7 path\n"), plain])],
  ["a pax record of length 0", "tar-malformed", Buffer.concat([header({ name: "p", type: "x", data: "0 a=b\n" }), padded("0 a=b\n"), plain])],
  ["a name with a zero byte", "tar-malformed", Buffer.concat([header({ name: "p", type: "x", data: paxRecord("path", "a\0b") }), padded(paxRecord("path", "a\0b")), plain])],
  ["a pax size that is a word", "tar-malformed", entryBytes({ name: "a", data: "x", pax: { size: "many" } })],
  ["a sparse map beyond the file", "tar-malformed", entryBytes({ name: "a", data: "hello", pax: { "GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.size": "4", "GNU.sparse.map": "0,5" } })],
  ["a sparse map that overlaps", "tar-malformed", entryBytes({ name: "a", data: "hello", pax: { "GNU.sparse.size": "100", "GNU.sparse.map": "0,3,1,2" } })],
  ["a sparse map with other sums", "tar-malformed", entryBytes({ name: "a", data: "hello", pax: { "GNU.sparse.size": "100", "GNU.sparse.map": "0,50" } })],
  ["a sparse map of a negative offset", "tar-malformed", entryBytes({ name: "a", data: "hello", pax: { "GNU.sparse.size": "100", "GNU.sparse.map": "-5,5" } })],
  ["a sparse map of endless numbers", "tar-malformed", entryBytes({ name: "a", data: "1".repeat(512), pax: { "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "100" } })],
];

for (const [what, code, bytes] of spoiled) {
  test(`${what}: refused`, ({ dir }) => {
    const result = unpack(dir, bytes);
    assert.is(refusal(result), code);
    assert.is(result.status, 1);
  });
}

test("limits on entries and bytes stop a bomb", ({ dir }) => {
  assert.is(refusal(unpack(dir, tarOf(file("a"), file("b"), file("c")), ["--max-entries", "2"])), "layer-too-large");
  assert.is(refusal(unpack(dir, tarOf(file("a", "x".repeat(600))), ["--max-bytes", "599"])), "layer-too-large");
  assert.is(unpack(dir, tarOf(file("a", "x".repeat(600))), ["--max-bytes", "600"]).status, 0);
});

testIf(test as never, process.getuid?.() !== 0 && hasIdRange(), "an ordinary user with subordinate ids", "an owner beyond the id range is named, with the file", ((context: { dir: string }) => {
  const result = unpack(context.dir, tarOf({ name: "etc/x", uid: 1_000_000, gid: 5 }));
  assert.is(refusal(result), "layer-id-unmapped");
  assert.match(result.stderr, /1000000:5/);
  assert.match(result.stderr, /"entry":"etc\/x"/);
  const noted = unpack(context.dir, tarOf({ name: "etc/x", uid: 1_000_000, gid: 5, data: "kept" }), ["--single-id"]);
  assert.is(noted.status, 0);
  assert.is(readDiff(context.dir, "etc/x"), "kept");
  assert.ok(existsSync(diff(context.dir, "etc/x")));
}) as never);

test.run();
