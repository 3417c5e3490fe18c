/** How layers and archives are packed: recognised by the first bytes, never by a media type or a name; unpacked and packed by zlib, newer Nodes or the host's programs. */
import { PassThrough, type Transform } from "node:stream";
import * as zlib from "node:zlib";
import { CalaError } from "../base/error.ts";
import { findProgram } from "../host/find-program.ts";
import type { Compression } from "../oci/media-types.ts";
import { throughProgram } from "./program-stream.ts";
import { isSkippableFrame, zstdFrames, type FrameDecoder } from "./zstd-frames.ts";

/** The ways of packing that are understood; the last two are unpacked only. */
export type LayerPacking = Compression | "bzip2" | "xz";

/** Bytes that `sniffPacking` needs. */
export const sniffBytes = 6;

const magics: ReadonlyArray<readonly [LayerPacking, readonly number[]]> = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** What the first bytes say. Sources: RFC 1952, RFC 8878, the xz file format. */
export function sniffPacking(head: Uint8Array): LayerPacking {
  if (isSkippableFrame(head)) return "zstd";
  return magics.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0] ?? "none";
}

/** What newer Nodes have: the decoder for one frame from 22.15 on, as the encoder. */
interface MaybeZstd {
  readonly createZstdDecompress?: (options: { readonly chunkSize: number }) => FrameDecoder;
  readonly createZstdCompress?: (options: { readonly params?: Readonly<Record<number, number>> }) => Transform;
}

const nodeZstd = zlib as MaybeZstd;
const unpackedChunkBytes = 1 << 19;
const packedChunkBytes = 1 << 18;

/** A stream that unpacks: zlib for gzip (several members too), programs of the host for the rest, newer Nodes for zstd where there is none. */
export function unpacking(packing: LayerPacking): Transform {
  if (packing === "none") return new PassThrough({ highWaterMark: unpackedChunkBytes });
  if (packing === "gzip") return zlib.createGunzip({ chunkSize: unpackedChunkBytes });
  const zstd = nodeZstd.createZstdDecompress;
  if (packing === "zstd" && zstd !== undefined && findProgram(packing) === undefined) return zstdFrames(() => zstd({ chunkSize: unpackedChunkBytes }));
  return throughProgram(packing, ["-dc"], { missing: `the data is packed with ${packing}, and "${packing}" cannot be started`, failed: (words) => new CalaError("layer-invalid", `the data cannot be unpacked: ${words}`) });
}

const zstdLevelParameter = 100;
/** What the program takes without a word about memory. */
const zstdProgramLevels = { least: 1, most: 19 };

/** A stream that packs; `level` is the format's own. Zstd by newer Nodes or the host's program. */
export function packer(packing: Exclude<Compression, "none">, level?: number): Transform {
  if (packing === "gzip") return zlib.createGzip({ chunkSize: packedChunkBytes, ...(level === undefined ? {} : { level }) });
  if (nodeZstd.createZstdCompress !== undefined) return nodeZstd.createZstdCompress(level === undefined ? {} : { params: { [zstdLevelParameter]: level } });
  const { least, most } = zstdProgramLevels;
  return throughProgram("zstd", ["-c", "-q", ...(level === undefined ? [] : [`-${Math.min(Math.max(level, least), most)}`])], {
    missing: `the program "zstd" is needed and cannot be started`, failed: (words) => new CalaError("archive-invalid", `"zstd" failed: ${words}`),
  });
}
