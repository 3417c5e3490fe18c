import { openSync, writeSync } from "node:fs";
import { CalaError, reasonOf } from "../../core/base/error.ts";
import type { Sink } from "./sink.ts";

/** A sink that replaces a file's content, for `--out`. @throws CalaError `out-unusable` */
export function fileSink(path: string): Sink {
  const descriptor = open(path);
  return {
    isTty: false,
    columns: () => 80,
    write: (data) => {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    },
  };
}

function open(path: string): number {
  try {
    return openSync(path, "w", 0o644);
  } catch (error) {
    throw new CalaError("out-unusable", `cannot write to "${path}": ${reasonOf(error)}`, { cause: error });
  }
}
