/** A layer store in memory that keeps the exact tar, for tests of image verbs that need no file system. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { CalaError } from "../../../core/base/error.ts";
import type { LayerExpectation, LayerPort, StoredLayer } from "../../../core/image/layer-port.ts";
import { digestOf, type Digest } from "../../../core/oci/digest.ts";

export interface FakeLayers extends LayerPort {
  readonly tars: Map<Digest, Buffer>;
  /** How often `apply` was called. */
  applied: number;
}

export function fakeLayers(): FakeLayers {
  const tars = new Map<Digest, Buffer>();
  const port: FakeLayers = {
    tars, applied: 0,
    has: (diffId) => tars.has(diffId),
    apply: async (stream: Readable, expect: LayerExpectation): Promise<StoredLayer> => {
      port.applied += 1;
      const sum = createHash("sha256");
      const chunks: Buffer[] = [];
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        sum.update(chunk);
        chunks.push(chunk);
      }
      const packed = Buffer.concat(chunks);
      const digest: Digest = `sha256:${sum.digest("hex")}`;
      if (expect.digest !== undefined && digest !== expect.digest) throw new CalaError("digest-mismatch", `layer: expected ${expect.digest}, got ${digest}`);
      const tar = packed[0] === 0x1f && packed[1] === 0x8b ? gunzipSync(packed) : packed;
      const diffId = digestOf(tar);
      if (expect.diffId !== undefined && diffId !== expect.diffId) throw new CalaError("digest-mismatch", "the layer's diff id differs");
      tars.set(diffId, tar);
      return { diffId, digest, sizeBytes: packed.length };
    },
    open: async (diffId) => await Promise.resolve(Readable.from([tars.get(diffId) ?? Buffer.alloc(0)])),
    sizeBytes: (diffId) => tars.get(diffId)?.length,
  };
  return port;
}
