/** Artifacts from registries and to them. */
import { timestamp } from "../base/clock.ts";
import { CalaError } from "../base/error.ts";
import { loadPolicy, scopesOfReference, signaturesAsked } from "../config/policy.ts";
import { loadRegistriesConfig } from "../config/registries-conf.ts";
import type { Digest } from "../oci/digest.ts";
import type { Manifest } from "../oci/image-types.ts";
import { formatReference, parseReference, pinned, splitName, type Reference } from "../oci/reference.ts";
import { parseManifest } from "../oci/validate.ts";
import { hasBlob, openBlob } from "../registry/blobs.ts";
import type { RegistryClient } from "../registry/client.ts";
import type { ConnectOptions } from "../registry/connect.ts";
import { getManifest, pushScope, putManifest } from "../registry/manifests.ts";
import { uploadBlob } from "../registry/uploads.ts";
import { withPin } from "../storage/pins.ts";
import type { ImageEngine } from "./engine.ts";
import { artifactBlobsOf, artifactManifest, hasArtifactBlob, openArtifactBlob, putArtifactBlob, requireArtifact, saveArtifact, type ArtifactRecord } from "./artifact-store.ts";
import { connectHome } from "./home-registry.ts";
import type { SignBy } from "./signature/signer.ts";
import type { OnProgress } from "./progress.ts";
import { candidates } from "./resolve.ts";

/** How a registry is reached and whom to tell. */
export interface ArtifactTransferOptions {
  readonly connect?: ConnectOptions;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** What is fetched anew of an artifact that is here: the very manifest, and blobs that are damaged. */
export interface ArtifactRepair {
  readonly digest: Digest;
  readonly damaged: ReadonlySet<Digest>;
}

/** Fetches an artifact; blobs that are here are not fetched again. @throws CalaError `manifest-unknown`, `digest-mismatch`, `registry-…` */
export async function pullArtifact(engine: ImageEngine, name: string, options: ArtifactTransferOptions): Promise<ArtifactRecord> {
  const config = await loadRegistriesConfig(engine.env);
  return await fetchArtifact(engine, candidates(splitName(name), config, false)[0] ?? parseReference(name), options);
}

/** Fetches the artifact of a full reference. @throws CalaError `manifest-unknown`, `digest-mismatch`, `registry-…` */
export async function fetchArtifact(engine: ImageEngine, reference: Reference, options: ArtifactTransferOptions, repair?: ArtifactRepair): Promise<ArtifactRecord> {
  const name = formatReference(reference);
  const policy = loadPolicy(engine.env);
  const asked = signaturesAsked(policy, "docker", scopesOfReference(reference), formatReference(reference));
  const { client, place } = await connectHome(engine, reference, options);
  try {
    const { bytes, mediaType, digest } = await getManifest(client, repair === undefined ? place : pinned(place, repair.digest));
    const document = parseManifest(bytes, mediaType, `the manifest of "${name}"`);
    if (document.kind === "index") throw new CalaError("document-invalid", `"${name}" is a list of images, not an artifact`, { hint: `cala pull ${name}` });
    if (asked.length > 0) {
      const { enforceSignatures } = await import("./signature/enforce.ts");
      await enforceSignatures(asked, { used: reference, place, digests: [digest], client, env: engine.env, policyFile: policy.file });
    }
    const blobs = artifactBlobsOf(document.manifest);
    return await withPin(engine.dirs, blobs.map((blob) => blob.digest), async (pin) => {
      for (const blob of blobs) {
        const there = hasArtifactBlob(engine.dirs, blob) && repair?.damaged.has(blob.digest) !== true;
        if (!there) await putArtifactBlob(engine.dirs, pin, (await openBlob(client, place.path, blob.digest)).stream, blob);
        options.onProgress?.({ kind: "layer", id: blob.digest, phase: there ? "exists" : "done", doneBytes: blob.size, totalBytes: blob.size, noun: "blob" });
      }
      const record: ArtifactRecord = { version: 1, reference: name, digest, manifest: bytes.toString("utf8"), createdAt: timestamp() };
      await saveArtifact(engine.dirs, record);
      return record;
    });
  } finally {
    client.close();
  }
}

/** Sends an artifact to where its name says. @throws CalaError `artifact-unknown`, `registry-…` */
export async function pushArtifact(engine: ImageEngine, name: string, options: ArtifactTransferOptions & { readonly signBy?: SignBy }): Promise<ArtifactRecord> {
  const sign = options.signBy === undefined ? undefined : await (await import("./signature/signer.ts")).signerOf(engine.env, options.signBy);
  const record = requireArtifact(engine.dirs, name);
  const manifest = artifactManifest(record);
  const { client, place } = await connectHome(engine, parseReference(record.reference), options);
  try {
    await sendArtifactBlobs(engine, client, place, manifest, options.onProgress);
    await putManifest(client, place, Buffer.from(record.manifest), manifest.mediaType);
    await sign?.(client, { reference: parseReference(record.reference), place, digest: record.digest });
    return record;
  } finally {
    client.close();
  }
}

/** Sends what an artifact's manifest names, unless it is there. @throws CalaError `artifact-damaged`, `registry-…` */
export async function sendArtifactBlobs(engine: ImageEngine, client: RegistryClient, place: Reference, manifest: Manifest, onProgress: OnProgress | undefined): Promise<void> {
  const blobs = artifactBlobsOf(manifest);
  await withPin(engine.dirs, blobs.map(({ digest }) => digest), async () => {
    for (const blob of blobs) {
      const there = await hasBlob(client, place.path, blob.digest, pushScope(place.path));
      if (!there) await uploadBlob(client, place.path, async () => await Promise.resolve({ stream: openArtifactBlob(engine.dirs, blob.digest), digest: () => blob.digest }));
      onProgress?.({ kind: "layer", id: blob.digest, phase: there ? "exists" : "done", doneBytes: blob.size, totalBytes: blob.size, noun: "blob" });
    }
  });
}
