/** Signatures that cosign keeps beside the image, under the tag `sha256-HEX.sig`. Source: cosign's SIGNATURE_SPEC.md. */
import { createPublicKey, verify, type KeyObject } from "node:crypto";
import { CalaError } from "../../base/error.ts";
import { digestHex, type Digest } from "../../oci/digest.ts";
import { parseManifest } from "../../oci/validate.ts";
import type { Reference } from "../../oci/reference.ts";
import { readBlob } from "../../registry/blobs.ts";
import type { RegistryClient } from "../../registry/client.ts";
import { getManifest } from "../../registry/manifests.ts";

/** Media type of a payload. */
export const payloadType = "application/vnd.dev.cosign.simplesigning.v1+json";
/** Where the signature of a payload stands. */
export const signatureAnnotation = "dev.cosignproject.cosign/signature";
const largestPayloadBytes = 2 ** 20;
const mostSignatures = 128;

/** The tag that holds a manifest's signatures. */
export function cosignTag(digest: Digest): string {
  return `sha256-${digestHex(digest)}.sig`;
}

/** A payload and the signature over its bytes. */
export interface Attachment {
  readonly payload: Buffer;
  readonly signature: Buffer;
}

/** The signatures attached to a manifest; none where there are none. @throws CalaError `registry-…`, `document-invalid` */
export async function attachedSignatures(client: RegistryClient, repository: Reference, digest: Digest): Promise<Attachment[]> {
  const reference: Reference = { domain: repository.domain, path: repository.path, tag: cosignTag(digest) };
  const what = `the signatures of "${repository.path}"`;
  const fetched = await getManifest(client, reference).catch((error: unknown) => {
    if (error instanceof CalaError && error.code === "manifest-unknown") return undefined;
    throw error;
  });
  if (fetched === undefined) return [];
  const parsed = parseManifest(fetched.bytes, fetched.mediaType, what);
  if (parsed.kind !== "manifest") return [];
  const attachments: Attachment[] = [];
  for (const layer of parsed.manifest.layers.slice(0, mostSignatures)) {
    const signature = layer.annotations?.[signatureAnnotation];
    if (layer.mediaType !== payloadType || signature === undefined || layer.size > largestPayloadBytes) continue;
    attachments.push({ payload: await readBlob(client, repository.path, layer.digest, layer.size), signature: Buffer.from(signature, "base64") });
  }
  return attachments;
}

/** A PEM public key (ECDSA, RSA or Ed25519). @throws CalaError `policy-invalid` */
export function sigstoreKey(pem: Buffer): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (error) {
    throw new CalaError("policy-invalid", "the signature policy names a file that is no public key in PEM form", { cause: error });
  }
}

/** Whether a key made the signature, over SHA-256 (Ed25519 signs the bytes themselves). */
export function isSignedBy(attachment: Attachment, key: KeyObject): boolean {
  try {
    return verify(key.asymmetricKeyType === "ed25519" ? null : "sha256", attachment.payload, key, attachment.signature);
  } catch {
    return false;
  }
}
