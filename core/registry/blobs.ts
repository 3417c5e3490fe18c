import type { Readable } from "node:stream";
import { CalaError } from "../base/error.ts";
import { verifyDigest, type Digest } from "../oci/digest.ts";
import type { RegistryClient } from "./client.ts";
import { networkError, statusError } from "./errors.ts";
import { readBody } from "./http.ts";
import { pullScope } from "./manifests.ts";

/** Bytes of a blob from `offset` on. */
export interface BlobStream {
  /** Where the stream really begins: 0 when the registry does not serve ranges. */
  readonly offset: number;
  readonly stream: Readable;
}

/** Opens a blob, from `offset` when the registry can. The bytes are not verified here. @throws CalaError `blob-unknown`, `registry-…` */
export async function openBlob(client: RegistryClient, path: string, digest: Digest, offset = 0): Promise<BlobStream> {
  const headers = offset === 0 ? { "accept-encoding": "identity" } : { "accept-encoding": "identity", range: `bytes=${offset}-` };
  const response = await client.ask({ method: "GET", path: `/v2/${path}/blobs/${digest}`, scope: pullScope(path), headers });
  if (response.status === 404) {
    response.stream.resume();
    throw new CalaError("blob-unknown", `registry "${client.host}" lacks "${digest}" of "${path}", which its manifest names`);
  }
  if (response.status === 206 && rangeStart(response.headers["content-range"]) === offset) return { offset, stream: response.stream };
  if (response.status === 200) return { offset: 0, stream: response.stream };
  if ((response.status === 206 || response.status === 416) && offset > 0) {
    // It lies about ranges, or does not know them: all of it, then.
    response.stream.destroy();
    return await openBlob(client, path, digest, 0);
  }
  throw await statusError(client.host, `deliver "${digest}" of "${path}"`, response);
}

function rangeStart(header: string | undefined): number | undefined {
  const match = /^bytes (\d+)-/.exec(header ?? "");
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** A small blob (a config) in memory, verified. @throws CalaError `blob-unknown`, `digest-mismatch`, `document-invalid` */
export async function readBlob(client: RegistryClient, path: string, digest: Digest, limitBytes: number): Promise<Buffer> {
  const { stream } = await openBlob(client, path, digest);
  const response = { stream } as Parameters<typeof readBody>[0];
  let bytes: Buffer;
  try {
    bytes = await readBody(response, limitBytes);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "EMSGSIZE") throw new CalaError("document-invalid", `the document "${digest}" of "${path}" is longer than ${limitBytes} bytes`, { cause: error });
    throw networkError(client.host, error);
  }
  verifyDigest(bytes, digest, `the document "${digest}" of "${path}"`);
  return bytes;
}

/** Whether a repository has a blob. @throws CalaError `registry-…` */
export async function hasBlob(client: RegistryClient, path: string, digest: Digest, scope: string): Promise<boolean> {
  const response = await client.ask({ method: "HEAD", path: `/v2/${path}/blobs/${digest}`, scope });
  response.stream.resume();
  if (response.status === 200) return true;
  if (response.status === 404 || response.status === 405) return false;
  throw await statusError(client.host, `look for "${digest}" in "${path}"`, response);
}
