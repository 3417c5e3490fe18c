/** Packing of byte streams: gzip by zlib, zstd by newer Nodes or the host's program. */
import { spawn } from "node:child_process";
import { Duplex, type Transform } from "node:stream";
import * as zlib from "node:zlib";
import { CalaError, messageOf } from "../base/error.ts";

interface ZstdOptions {
  readonly params?: Readonly<Record<number, number>>;
}

/** Present from Node 22.15 on. */
interface MaybeZstd {
  readonly createZstdCompress?: (options?: ZstdOptions) => Transform;
}

const zstdLevelParameter = 100;

/** A transform that packs; `level` is the format's own. */
export function packer(packing: "gzip" | "zstd", level?: number): Transform {
  if (packing === "gzip") return zlib.createGzip({ chunkSize: 1 << 18, ...(level === undefined ? {} : { level }) });
  const native = (zlib as MaybeZstd).createZstdCompress;
  if (native !== undefined) return native(level === undefined ? {} : { params: { [zstdLevelParameter]: level } });
  return throughZstd(["-c", "-q", ...(level === undefined ? [] : [`-${Math.min(Math.max(level, 1), 19)}`])]);
}

function throughZstd(args: readonly string[]): Transform {
  const child = spawn("zstd", args, { stdio: ["pipe", "pipe", "pipe"] });
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout }) as unknown as Transform;
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => { words += text; });
  child.on("error", (error) => stream.destroy(new CalaError("program-missing", `the program "zstd" is needed and cannot be started: ${messageOf(error)}`, { hint: "install zstd" })));
  child.on("close", (code) => {
    if (code !== 0) stream.destroy(new CalaError("archive-invalid", `"zstd" failed: ${words.trim().slice(0, 200)}`));
  });
  return stream;
}
