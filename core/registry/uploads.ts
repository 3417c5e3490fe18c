/** Uploading blobs. Source: OCI distribution spec 1.1, "Pushing Blobs". */
import type { Readable } from "node:stream";
import { CalaError } from "../base/error.ts";
import type { Digest } from "../oci/digest.ts";
import type { Ask, RegistryClient } from "./client.ts";
import { networkError, statusError } from "./errors.ts";
import type { HttpResponse } from "./http.ts";
import { pushScope } from "./manifests.ts";
import { isTransientError, pause, pauseMs } from "./retry.ts";

/** A body that can be opened again when an upload has to be repeated; `digest` is asked after its end. */
export interface UploadBody {
  readonly stream: Readable;
  readonly digest: () => Digest;
}

/**
 * Sends a blob whose digest is known only when all of it has been sent. Repeats from the beginning when the connection is lost.
 * @throws CalaError `registry-…`
 */
export async function uploadBlob(client: RegistryClient, path: string, open: () => Promise<UploadBody>): Promise<Digest> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await uploadOnce(client, path, await open());
    } catch (error) {
      const cause = error instanceof CalaError ? error.cause : error;
      if (attempt >= client.retry.attempts || !isTransientError(cause)) throw networkError(client.host, error);
      await pause(pauseMs(client.retry, attempt), client.signal);
    }
  }
}

async function uploadOnce(client: RegistryClient, path: string, body: UploadBody): Promise<Digest> {
  const started = await startUpload(client, path);
  const sent = await client.ask({ method: "PATCH", path: started, scope: pushScope(path), headers: { "content-type": "application/octet-stream" }, body: body.stream });
  if (sent.status !== 202 && sent.status !== 201 && sent.status !== 204) throw await statusError(client.host, `take a layer of "${path}"`, sent);
  sent.stream.resume();
  const digest = body.digest();
  await finishUpload(client, path, locationOf(client, sent, started), digest);
  return digest;
}

/** Sends a small blob in one piece. @throws CalaError `registry-…` */
export async function uploadBytes(client: RegistryClient, path: string, bytes: Buffer, digest: Digest): Promise<void> {
  await finishUpload(client, path, await startUpload(client, path), digest, bytes);
}

async function startUpload(client: RegistryClient, path: string): Promise<URL> {
  const response = await client.ask({ method: "POST", path: `/v2/${path}/blobs/uploads/`, scope: pushScope(path), headers: { "content-length": 0 } });
  if (response.status !== 202) throw await statusError(client.host, `take an upload to "${path}"`, response);
  response.stream.resume();
  return locationOf(client, response, response.url);
}

async function finishUpload(client: RegistryClient, path: string, location: URL, digest: Digest, bytes?: Buffer): Promise<void> {
  const url = new URL(location);
  url.searchParams.set("digest", digest);
  const ask: Ask = {
    method: "PUT", path: url, scope: pushScope(path),
    headers: { "content-length": bytes?.length ?? 0, ...(bytes === undefined ? {} : { "content-type": "application/octet-stream" }) },
    ...(bytes === undefined ? {} : { body: bytes }),
  };
  const response = await client.ask(ask);
  if (response.status !== 201 && response.status !== 204) throw await statusError(client.host, `store "${digest}" in "${path}"`, response);
  response.stream.resume();
}

/**
 * Asks for a blob of another repository of the same registry. @returns false when the registry wants the bytes instead.
 * @throws CalaError `registry-…`
 */
export async function mountBlob(client: RegistryClient, path: string, digest: Digest, from: string): Promise<boolean> {
  const query = new URLSearchParams({ mount: digest, from });
  const response = await client.ask({ method: "POST", path: `/v2/${path}/blobs/uploads/?${query.toString()}`, scope: `${pushScope(path)} repository:${from}:pull`, headers: { "content-length": 0 } });
  response.stream.resume();
  if (response.status === 202) {
    // The registry opened an upload instead; leave none behind.
    const location = locationOf(client, response, response.url);
    (await client.ask({ method: "DELETE", path: location, scope: pushScope(path) })).stream.resume();
  }
  return response.status === 201;
}

function locationOf(client: RegistryClient, response: HttpResponse, base: URL): URL {
  const location = response.headers.location;
  if (location === undefined || !URL.canParse(location, base.href)) throw new CalaError("registry-answer-invalid", `registry "${client.host}" answered without a place for the upload`);
  return new URL(location, base);
}
