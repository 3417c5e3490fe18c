import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as zlib from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { messageOf } from "../../../core/base/error.ts";
import { packer, sniffPacking, unpacking } from "../../../core/layer/compression.ts";
import { zstdFrames, type FrameDecoder } from "../../../core/layer/zstd-frames.ts";
import { testIf } from "../../runner/skip.ts";

const make = (zlib as { readonly createZstdDecompress?: () => FrameDecoder }).createZstdDecompress;
const hasZstd = spawnSync("zstd", ["--version"]).status === 0;
const pack = (bytes: Buffer): Buffer => spawnSync("zstd", ["-c"], { input: bytes, maxBuffer: 2 ** 28 }).stdout;
const skippable = Buffer.concat([Buffer.from([0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), Buffer.from("table")]);

async function unpacked(stream: Transform, input: Buffer, pieceBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const pieces = function* (): Generator<Buffer> {
    for (let at = 0; at < input.length; at += pieceBytes) yield input.subarray(at, at + pieceBytes);
  };
  await pipeline(Readable.from(pieces(), { objectMode: false }), stream, async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) chunks.push(chunk);
  });
  return Buffer.concat(chunks);
}

/** As zstd:chunked packs: many frames, a skippable one before and after. */
function sample(): { readonly plain: Buffer; readonly packed: Buffer } {
  const parts = [randomBytes(300_000), Buffer.alloc(2_000_000, "text "), randomBytes(10), Buffer.from("end")];
  return { plain: Buffer.concat(parts), packed: Buffer.concat([skippable, ...parts.map(pack), skippable]) };
}

testIf(test, hasZstd, "zstd", "zstd in many frames comes out whole, whatever the pieces", async () => {
  const { plain, packed } = sample();
  assert.is(sniffPacking(packed), "zstd");
  for (const pieceBytes of [7_001, 65_536, packed.length]) assert.ok((await unpacked(unpacking("zstd"), packed, pieceBytes)).equals(plain));
});

testIf(test, hasZstd && make !== undefined, "a Node with zstd", "Node's own zstd, too", async () => {
  const { plain, packed } = sample();
  for (const pieceBytes of [1_009, 65_536, packed.length]) assert.ok((await unpacked(zstdFrames(() => make?.() as FrameDecoder), packed, pieceBytes)).equals(plain));
  const wrong = Buffer.concat([packed, Buffer.from("no frame at all")]);
  await unpacked(zstdFrames(() => make?.() as FrameDecoder), wrong, 65_536).then(() => assert.unreachable(), (error: unknown) => assert.instance(error, Error));
});

for (const packing of ["gzip", "zstd"] as const) {
  testIf(test, packing === "gzip" || hasZstd, packing, `what is packed with ${packing} at any level is recognised and comes out whole`, async () => {
    const plain = sample().plain;
    for (const level of [undefined, 1, 9]) {
      const packed = await unpacked(packer(packing, level), plain, 65_536);
      assert.is(sniffPacking(packed), packing);
      assert.ok((await unpacked(unpacking(packing), packed, 65_536)).equals(plain), `level ${level}`);
    }
  });
}

/** A program `xz` that reads everything, writes a part and then ends in some way. */
async function throughFake(end: string, input = randomBytes(3_000_000)): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "cala-xz-"));
  const path = process.env["PATH"];
  writeFileSync(join(dir, "xz"), `#!/bin/sh\n${end}\n`, { mode: 0o755 });
  try {
    process.env["PATH"] = `${dir}:${path}`;
    return (await unpacked(unpacking("xz"), input, 65_536)).toString();
  } catch (error) {
    return messageOf(error);
  } finally {
    process.env["PATH"] = path;
    rmSync(dir, { recursive: true });
  }
}

test("what a program of the host has not finished does not pass for whole, however it ended", async () => {
  assert.is(await throughFake("cat > /dev/null; echo whole"), "whole\n");
  assert.match(await throughFake("cat > /dev/null; echo half; kill -9 $$"), /"xz" was ended by SIGKILL/);
  assert.match(await throughFake("cat > /dev/null; echo half; exec 1>&-; sleep 0.2; echo damaged >&2; exit 1"), /cannot be unpacked: damaged$/);
  assert.match(await throughFake("echo early; echo no such option >&2; exit 2"), /cannot be unpacked: no such option$/);
  assert.match(await throughFake("echo early"), /"xz" ended before it had read everything/);
  assert.is(await throughFake("cat", Buffer.alloc(0)), "");
});

test("gzip of several members comes out whole", async () => {
  const packed = Buffer.concat([zlib.gzipSync("one "), zlib.gzipSync("two")]);
  assert.is((await unpacked(unpacking("gzip"), packed, 5)).toString(), "one two");
});

test.run();
