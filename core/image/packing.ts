/** Packing and unpacking of byte streams: gzip by zlib, the rest by programs of the host (and zstd by newer Nodes). */
import { spawn } from "node:child_process";
import { Duplex, type Transform } from "node:stream";
import * as zlib from "node:zlib";
import { CalaError, messageOf } from "../base/error.ts";

/** The forms in which archives are packed. */
export type Packing = "none" | "gzip" | "zstd" | "bzip2" | "xz";

interface ZstdOptions {
  readonly params?: Readonly<Record<number, number>>;
}

/** Present from Node 22.15 on. */
interface MaybeZstd {
  readonly createZstdCompress?: (options?: ZstdOptions) => Transform;
  readonly createZstdDecompress?: () => Transform;
}

const zstdLevelParameter = 100;

/** A transform that unpacks. */
export function unpacker(packing: Exclude<Packing, "none">): Transform {
  if (packing === "gzip") return zlib.createGunzip({ chunkSize: 1 << 18 });
  const native = packing === "zstd" ? (zlib as MaybeZstd).createZstdDecompress : undefined;
  return native === undefined ? throughProgram(packing, ["-dc"]) : native();
}

/** A transform that packs; `level` is the format's own. */
export function packer(packing: "gzip" | "zstd", level?: number): Transform {
  if (packing === "gzip") return zlib.createGzip({ chunkSize: 1 << 18, ...(level === undefined ? {} : { level }) });
  const native = (zlib as MaybeZstd).createZstdCompress;
  if (native !== undefined) return native(level === undefined ? {} : { params: { [zstdLevelParameter]: level } });
  return throughProgram("zstd", ["-c", "-q", ...(level === undefined ? [] : [`-${Math.min(Math.max(level, 1), 19)}`])]);
}

function throughProgram(program: string, args: readonly string[]): Transform {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout }) as unknown as Transform;
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => { words += text; });
  child.on("error", (error) => stream.destroy(new CalaError("program-missing", `the program "${program}" is needed for this archive and cannot be started: ${messageOf(error)}`, { hint: `install ${program}` })));
  child.on("close", (code) => {
    if (code !== 0) stream.destroy(new CalaError("archive-invalid", `"${program}" failed: ${words.trim().slice(0, 200)}`));
  });
  return stream;
}
