import type { Readable } from "node:stream";
import type { Digest } from "../oci/digest.ts";

/** What is known of a layer before its bytes arrive; everything given is verified. */
export interface LayerExpectation {
  readonly diffId?: Digest;
  /** Of the bytes as delivered, packed or not. */
  readonly digest?: Digest;
  /** Of the bytes as delivered. */
  readonly sizeBytes?: number;
  readonly signal?: AbortSignal;
  /** Told the diff id before the layer goes into its place, so that it can be pinned. */
  readonly onDiffId?: (diffId: Digest) => Promise<void>;
}

/** What a stored layer turned out to be. */
export interface StoredLayer {
  readonly diffId: Digest;
  /** Of the bytes as delivered. */
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** What image verbs need of the layer store. Streams may be packed with gzip or zstd, or not at all. */
export interface LayerPort {
  has(diffId: Digest): boolean;
  /** Unpacks a layer, or throws and leaves nothing. @throws CalaError `digest-mismatch`, `layer-invalid`, … */
  apply(stream: Readable, expect: LayerExpectation): Promise<StoredLayer>;
  /** The layer's tar, byte for byte as it was. */
  open(diffId: Digest): Promise<Readable>;
  /** Bytes of the layer's tar; undefined for a layer that is not there. */
  sizeBytes(diffId: Digest): number | undefined;
}
