import { CalaError } from "../base/error.ts";
import { digestOf, isDigest, verifyDigest, type Digest } from "../oci/digest.ts";
import { acceptedManifests } from "../oci/media-types.ts";
import { formatReference, type Reference } from "../oci/reference.ts";
import { largestDocumentBytes } from "../oci/validate.ts";
import type { RegistryClient } from "./client.ts";
import { errorDetail, networkError, statusError } from "./errors.ts";
import { plainExchange, readBody, type PlainExchange } from "./http.ts";

/** A manifest or index as the registry serves it. */
export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly mediaType: string | undefined;
  readonly digest: Digest;
}

/** A question whose answer was a digest, in plain words. */
export interface PlainQuestion extends PlainExchange {
  readonly digest: Digest;
}

/** Told how a registry was asked. */
export type OnPlain = (question: PlainQuestion) => void;

/** The token scope for a repository. */
export function pullScope(path: string): string {
  return `repository:${path}:pull`;
}

/** The token scope for a repository that is written to. */
export function pushScope(path: string): string {
  return `repository:${path}:pull,push`;
}

function manifestPath(reference: Reference): string {
  return `/v2/${reference.path}/manifests/${reference.digest ?? reference.tag ?? "latest"}`;
}

/**
 * The manifest or index of a reference; a digest in the reference is checked.
 * @throws CalaError `manifest-unknown`, `digest-mismatch`, `registry-…`
 */
export async function getManifest(client: RegistryClient, reference: Reference): Promise<FetchedManifest> {
  const response = await client.ask({ method: "GET", path: manifestPath(reference), scope: pullScope(reference.path), headers: { accept: acceptedManifests.join(", ") } });
  const name = formatReference(reference);
  if (response.status === 404) throw new CalaError("manifest-unknown", `image "${name}" is not in registry "${client.host}"${await detailIn(response)}`);
  if (response.status !== 200) throw await statusError(client.host, `read the manifest of "${name}"`, response);
  let bytes: Buffer;
  try {
    bytes = await readBody(response, largestDocumentBytes);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "EMSGSIZE") throw new CalaError("document-invalid", `the manifest of "${name}" is longer than ${largestDocumentBytes} bytes`, { cause: error });
    throw networkError(client.host, error);
  }
  if (reference.digest !== undefined) verifyDigest(bytes, reference.digest, `the manifest of "${name}"`);
  return { bytes, mediaType: response.headers["content-type"], digest: reference.digest ?? digestOf(bytes) };
}

async function detailIn(response: Parameters<typeof errorDetail>[0]): Promise<string> {
  const detail = await errorDetail(response);
  return detail === "" ? "" : ` (${detail})`;
}

/** The digest a tag has now, or undefined when there is no such tag. @throws CalaError */
export async function headManifest(client: RegistryClient, reference: Reference): Promise<Digest | undefined> {
  const response = await client.ask({ method: "HEAD", path: manifestPath(reference), scope: pullScope(reference.path), headers: { accept: acceptedManifests.join(", ") } });
  response.stream.resume();
  if (response.status === 404) return undefined;
  if (response.status !== 200) throw await statusError(client.host, `look up "${formatReference(reference)}"`, response);
  const digest = response.headers["docker-content-digest"];
  // Some registries leave the header out of HEAD answers.
  return isDigest(digest) ? digest : (await getManifest(client, reference)).digest;
}

/**
 * Whether a name still has a digest: one question without an answer's body, which rate limits do not count. No is also said when nothing is known.
 * @param onPlain told how it was asked when the answer was yes
 */
export async function stillHas(client: RegistryClient, reference: Reference, digest: Digest, onPlain?: OnPlain): Promise<boolean> {
  try {
    const response = await client.ask({ method: "HEAD", path: manifestPath(reference), scope: pullScope(reference.path), headers: { accept: acceptedManifests.join(", ") }, once: true });
    const has = response.status === 200 && response.headers["docker-content-digest"] === digest;
    const isDirect = response.url.host === client.host && response.url.pathname === manifestPath(reference);
    const exchange = has && isDirect && onPlain !== undefined ? plainExchange(response) : undefined;
    if (exchange !== undefined) onPlain?.({ ...exchange, digest });
    response.stream.resume();
    return has;
  } catch (error) {
    if (client.signal?.aborted === true) throw error;
    return false;
  }
}

/** Uploads a manifest or index under the reference's tag or digest. @throws CalaError `registry-…` */
export async function putManifest(client: RegistryClient, reference: Reference, bytes: Buffer, mediaType: string): Promise<Digest> {
  const response = await client.ask({ method: "PUT", path: manifestPath(reference), scope: pushScope(reference.path), headers: { "content-type": mediaType, "content-length": bytes.length }, body: bytes });
  if (response.status !== 201 && response.status !== 200 && response.status !== 202) throw await statusError(client.host, `store the manifest of "${formatReference(reference)}"`, response);
  response.stream.resume();
  return digestOf(bytes);
}
