/** A stored layer as the bytes of a registry or archive: its exact tar, packed or not. */
import { createHash } from "node:crypto";
import { pipeline, Transform, type Readable } from "node:stream";
import { packer } from "../layer/compression.ts";
import type { Digest } from "../oci/digest.ts";
import type { Compression } from "../oci/media-types.ts";
import type { ImageEngine } from "./engine.ts";

/** A layer's bytes, and what they come to. */
export interface PackedLayer {
  readonly stream: Readable;
  /** Valid once the stream has ended. */
  readonly digest: () => Digest;
  readonly sizeBytes: () => number;
}

/** Opens a layer packed as asked. @throws CalaError `layer-…` */
export async function openPacked(engine: ImageEngine, diffId: Digest, compression: Compression, level?: number): Promise<PackedLayer> {
  // The plain tar is checked against its diff id where it is made: one sum for all.
  const sum = compression === "none" ? undefined : createHash("sha256");
  let size = 0;
  let digest: Digest | undefined;
  const counter = new Transform({
    highWaterMark: 1 << 20,
    transform(chunk: Buffer, _encoding, done): void {
      sum?.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  const tar = await engine.layers.open(diffId);
  // Errors of any step come out of the last one.
  const ended = (): void => undefined;
  const stream = compression === "none" ? pipeline(tar, counter, ended) : pipeline(tar, packer(compression, level), counter, ended);
  return { stream, sizeBytes: () => size, digest: () => (digest ??= sum === undefined ? diffId : `sha256:${sum.digest("hex")}`) };
}
