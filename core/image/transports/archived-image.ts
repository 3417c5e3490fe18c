import type { Readable } from "node:stream";
import { digestOf } from "../../oci/digest.ts";
import type { ImageSource, LayerHooks } from "../source.ts";

/** An image found in an archive or directory, with the names it has there (full references). */
export interface ArchivedImage {
  readonly source: ImageSource;
  readonly names: readonly string[];
}

/** A layer source that reads once; the bytes are local, so nothing is repeated. */
export async function useOnce(stream: Readable, hooks: LayerHooks, use: (stream: Readable) => Promise<void>): Promise<void> {
  let done = 0;
  stream.on("data", (chunk: Buffer) => hooks.onBytes((done += chunk.length)));
  // Counting must not start the flow before the reader is there.
  stream.pause();
  try {
    await use(stream);
  } finally {
    stream.destroy();
  }
}

/** The answer of a source for a document in memory. */
export function documentAnswer(bytes: Buffer, mediaType: string | undefined): { readonly bytes: Buffer; readonly mediaType: string | undefined; readonly digest: ReturnType<typeof digestOf> } {
  return { bytes, mediaType, digest: digestOf(bytes) };
}
