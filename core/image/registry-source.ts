import { join } from "node:path";
import type { Readable } from "node:stream";
import { CalaError } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { downloadsDir } from "../dirs/paths.ts";
import { withLease } from "../lock/lease.ts";
import { digestHex, type Digest } from "../oci/digest.ts";
import type { Descriptor } from "../oci/image-types.ts";
import { formatReference, pinned, type Reference } from "../oci/reference.ts";
import { largestDocumentBytes } from "../oci/validate.ts";
import { openBlob, readBlob } from "../registry/blobs.ts";
import type { RegistryClient } from "../registry/client.ts";
import { getManifest, stillHas, type OnPlain } from "../registry/manifests.ts";
import { keptDocument, localBlob } from "./image-store.ts";
import { discardPartial, downloadStream, partialBytes } from "./download.ts";
import type { ImageSource, LayerHooks, SourceManifest } from "./source.ts";

/**
 * An image in a registry. Layers are downloaded by one process at a time and resumed.
 * @param known what the name stood for the last time: where the registry still says so, the documents that are here are used
 */
export function registrySource(client: RegistryClient, reference: Reference, dirs: Dirs, known?: Digest, onPlain?: OnPlain): ImageSource {
  const name = formatReference(reference);
  let isUnchanged = false;
  return {
    name,
    manifest: async (descriptor): Promise<SourceManifest> => {
      if (descriptor === undefined) {
        const kept = await unchanged(client, reference, dirs, known, onPlain);
        isUnchanged = kept !== undefined;
        return kept ?? (await getManifest(client, reference));
      }
      const bytes = isUnchanged ? keptDocument(dirs, descriptor.digest) : localBlob(dirs, descriptor.digest);
      return bytes === undefined ? await getManifest(client, pinned(reference, descriptor.digest)) : { bytes, mediaType: descriptor.mediaType, digest: descriptor.digest };
    },
    config: async (descriptor) => localBlob(dirs, descriptor.digest) ?? (await readBlob(client, reference.path, descriptor.digest, Math.min(largestDocumentBytes, descriptor.size))),
    layer: async (descriptor, hooks, use) => {
      const lease = join(downloadsDir(dirs), digestHex(descriptor.digest));
      await withLease(lease, { signal: hooks.signal, finished: hooks.exists }, async () => {
        if (!hooks.exists()) await fetchLayer(client, reference, dirs, descriptor, hooks, use);
      });
    },
  };
}

async function unchanged(client: RegistryClient, reference: Reference, dirs: Dirs, known: Digest | undefined, onPlain: OnPlain | undefined): Promise<SourceManifest | undefined> {
  const bytes = known === undefined ? undefined : keptDocument(dirs, known);
  if (known === undefined || bytes === undefined || !(await stillHas(client, reference, known, onPlain))) return undefined;
  return { bytes, mediaType: undefined, digest: known };
}

async function fetchLayer(client: RegistryClient, reference: Reference, dirs: Dirs, descriptor: Descriptor, hooks: LayerHooks, use: (stream: Readable) => Promise<void>): Promise<void> {
  for (;;) {
    const resumed = partialBytes(dirs, descriptor) > 0;
    const stream = downloadStream({
      dirs, descriptor, from: formatReference(reference), retry: client.retry, signal: hooks.signal, onBytes: hooks.onBytes,
      open: async (offset) => await openBlob(client, reference.path, descriptor.digest, offset),
    });
    try {
      await use(stream);
      return discardPartial(dirs, descriptor);
    } catch (error) {
      const interrupted = hooks.signal.aborted || (error instanceof CalaError && (error.code === "download-interrupted" || error.code.startsWith("registry-")));
      // What is kept must be a true beginning; wrong bytes would make every later pull fail.
      if (interrupted || isDiskFull(error)) throw error;
      discardPartial(dirs, descriptor);
      if (!resumed) throw error;
    } finally {
      stream.destroy();
    }
  }
}

function isDiskFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(String((error as { readonly code?: unknown } | null)?.code));
}
