import type { Readable } from "node:stream";
import type { Descriptor } from "../oci/image-types.ts";
import type { Digest } from "../oci/digest.ts";

/** Where an image comes from: a registry, an archive, a directory. Nothing it delivers is trusted. */
export interface ImageSource {
  /** For messages: `docker.io/library/ubuntu:latest`, a file's name. */
  readonly name: string;
  /** `layer` hands out plain tars, which the descriptors' digests and sizes do not describe: only the diff id can be checked. */
  readonly deliversTars?: boolean;
  /** The document under the name, or the one with the digest (listed in an index). */
  manifest(descriptor?: Descriptor): Promise<SourceManifest>;
  /** The config's bytes; verified by the caller. */
  config(descriptor: Descriptor): Promise<Buffer>;
  /**
   * Hands a layer's bytes to `use`, again from the beginning when they turned out wrong and another try may help.
   * `exists` tells whether somebody else has stored the layer meanwhile.
   */
  layer(descriptor: Descriptor, hooks: LayerHooks, use: (stream: Readable) => Promise<void>): Promise<void>;
}

/** A manifest or index as delivered. */
export interface SourceManifest {
  readonly bytes: Buffer;
  readonly mediaType: string | undefined;
  readonly digest: Digest;
}

/** How a source and the one who stores a layer talk while it is on its way. */
export interface LayerHooks {
  readonly exists: () => boolean;
  readonly onBytes: (doneBytes: number) => void;
  readonly signal: AbortSignal;
}
