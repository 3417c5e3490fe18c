/** How a layer's bytes are packed: recognised by their first bytes, never by a media type or a name. */
import { spawn } from "node:child_process";
import { Duplex, PassThrough, type Transform } from "node:stream";
import * as zlib from "node:zlib";
import { CalaError, messageOf } from "../base/error.ts";
import { findProgram } from "../host/find-program.ts";
import { zstdFrames, type FrameDecoder } from "./zstd-frames.ts";

/** The ways of packing that are understood. */
export type LayerPacking = "none" | "gzip" | "zstd" | "bzip2" | "xz";

/** Bytes that `sniff` needs. */
export const sniffBytes = 6;

const magics: ReadonlyArray<readonly [LayerPacking, readonly number[]]> = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** What the first bytes say. Sources: RFC 1952, RFC 8878, the xz file format. */
export function sniffPacking(head: Uint8Array): LayerPacking {
  const isSkippableZstd = head.length >= 4 && (head[0] ?? 0) >> 4 === 5 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
  if (isSkippableZstd) return "zstd";
  return magics.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0] ?? "none";
}

const chunkBytes = 1 << 19;

type MakeDecoder = (options: { readonly chunkSize: number }) => FrameDecoder;

/** A stream that unpacks: zlib for gzip (several members too), programs of the host for the rest, newer Nodes for zstd where there is none. */
export function unpacking(packing: LayerPacking): Transform {
  if (packing === "none") return new PassThrough({ highWaterMark: chunkBytes });
  if (packing === "gzip") return zlib.createGunzip({ chunkSize: chunkBytes });
  const zstd = (zlib as { readonly createZstdDecompress?: MakeDecoder }).createZstdDecompress;
  if (packing !== "zstd" || zstd === undefined || findProgram(packing) !== undefined) return throughProgram(packing);
  return zstdFrames(() => zstd({ chunkSize: chunkBytes }));
}

function throughProgram(program: string): Transform {
  const child = spawn(program, ["-dc"], { stdio: ["pipe", "pipe", "pipe"] });
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout }) as unknown as Transform;
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => { words = (words + text).slice(0, 300); });
  stream.on("close", () => { child.kill("SIGKILL"); });
  child.on("error", (error) => {
    stream.destroy(new CalaError("program-missing", `the data is packed with ${program}, and "${program}" cannot be started: ${messageOf(error)}`, { hint: `install ${program}` }));
  });
  child.on("close", (code) => {
    if (code !== 0 && code !== null) stream.destroy(new CalaError("layer-invalid", `the data cannot be unpacked: ${words.trim()}`));
  });
  return stream;
}
