/** The tar reader and the split reader against mutated bytes, built with the sanitizers. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";
import { paxRecord, removeScratch, scratch, tarOf, unpack, entryBytes, header, padded, tarEnd, hasIdRange } from "./tar-fixture.ts";

const hasCompiler = ((): boolean => { try { execFileSync("make", ["--version"]); execFileSync("gcc", ["--version"]); return true; } catch { return false; } })();
needs("gcc and make", hasCompiler && existsSync("native/fuzz-layer.c"));
needs("user namespaces with subordinate ids", hasIdRange());

const test = suite<{ dir: string }>("the layer readers");
test.before.each((context) => { context.dir = scratch(); });
test.after.each((context) => { removeScratch(context.dir); });

const seeds: readonly Buffer[] = [
  tarOf({ name: "d", type: "5" }, { name: "d/f", data: "hello" }, { name: "l", type: "2", link: "d/f" }, { name: "h", type: "1", link: "d/f" }, { name: "d/.wh.x" }),
  tarOf({ name: "x", data: "abc", pax: { path: "long/".repeat(40), mtime: "1.5", "SCHILY.xattr.user.a": "b", size: "3" } }),
  tarOf({ name: "s", data: "hello", pax: { "GNU.sparse.size": "100", "GNU.sparse.map": "0,2,50,3" } }),
  tarOf({ name: "s", data: padded("2\n0\n2\n50\n3\n").toString("latin1") + "hello", pax: { "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "100", "GNU.sparse.name": "real" } }),
  Buffer.concat([header({ name: "././@LongLink", type: "L", data: "n".repeat(200) }), padded("n".repeat(200)), entryBytes({ name: "n", data: "y" }), tarEnd]),
  Buffer.concat([header({ name: "g", type: "g", data: paxRecord("gid", "5") }), padded(paxRecord("gid", "5")), entryBytes({ name: "n", data: "y" }), tarEnd]),
];

test("five seconds of mutations find no fault, and what is accepted adds up", ({ dir }) => {
  execFileSync("make", ["-s", "-C", "native", `OUT=${dir}`, `${dir}/fuzz-layer`], { stdio: "pipe" });
  const files = seeds.map((seed, index) => {
    const file = join(dir, `seed-${index}`);
    writeFileSync(file, seed);
    return file;
  });
  assert.is(unpack(dir, seeds[1] ?? tarEnd).status, 0);
  const split = join(dir, "seed-split");
  writeFileSync(split, readFileSync(join(dir, "layer", "split")));
  const words = execFileSync(join(dir, "fuzz-layer"), ["5", ...files, split], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  assert.match(words, /^\d{4,} rounds/);
});

test.run();
