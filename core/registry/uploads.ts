/** Uploading blobs. Source: OCI distribution spec 1.1, "Pushing Blobs". */
import { Readable } from "node:stream";
import { CalaError } from "../base/error.ts";
import type { Digest } from "../oci/digest.ts";
import type { Ask, RegistryClient } from "./client.ts";
import { networkError, statusError } from "./errors.ts";
import type { HttpResponse } from "./http.ts";
import { pushScope } from "./manifests.ts";
import { isTransientError, isTransientStatus, pause, pauseMs } from "./retry.ts";
import { skipBytes } from "./skip-bytes.ts";

/** A body that can be opened again when an upload has to be repeated; `digest` is asked after its end. */
export interface UploadBody {
  readonly stream: Readable;
  readonly digest: () => Digest;
}

/**
 * Sends a blob whose digest is known only when all of it has been sent. When the connection is lost it goes on where the registry says
 * that it stopped, or from the beginning where it does not say.
 * @throws CalaError `registry-…`
 */
export async function uploadBlob(client: RegistryClient, path: string, open: () => Promise<UploadBody>): Promise<Digest> {
  let place: UploadPlace | undefined;
  for (let attempt = 0; ; attempt += 1) {
    try {
      place ??= { location: await startUpload(client, path), received: 0 };
      return await uploadFrom(client, path, place, await open());
    } catch (error) {
      const isRefusal = error instanceof CalaError && (error.code === "registry-failed" || error.code === "registry-rate-limited");
      const cause = error instanceof CalaError ? error.cause : error;
      // A refusal after going on may be a registry that counted wrong; one that passes by itself says so.
      const mayPass = isRefusal ? error.cause === passing || (place?.received ?? 0) > 0 : isTransientError(cause);
      if (attempt >= client.retry.attempts || !mayPass) throw networkError(client.host, error);
      await pause(pauseMs(client.retry, attempt), client.signal);
      place = place === undefined || isRefusal ? undefined : await placeAfterLoss(client, path, place.location);
    }
  }
}

/** The cause of an error for a status that passes by itself. */
const passing = Symbol("passes by itself");

/** An upload that has been begun, and how many bytes of it are there. */
interface UploadPlace {
  readonly location: URL;
  readonly received: number;
}

async function uploadFrom(client: RegistryClient, path: string, place: UploadPlace, body: UploadBody): Promise<Digest> {
  const stream = place.received === 0 ? body.stream : Readable.from(skipBytes(body.stream, place.received), { objectMode: false });
  const sent = await client.ask({ method: "PATCH", path: place.location, scope: pushScope(path), headers: { "content-type": "application/octet-stream" }, body: stream });
  if (sent.status !== 202 && sent.status !== 201 && sent.status !== 204) {
    const { code, message, hint } = await statusError(client.host, `take a layer of "${path}"`, sent);
    throw new CalaError(code, message, { ...(hint === undefined ? {} : { hint }), ...(isTransientStatus(sent.status) ? { cause: passing } : {}) });
  }
  sent.stream.resume();
  const digest = body.digest();
  await finishUpload(client, path, locationOf(client, sent, place.location), digest);
  return digest;
}

/** What the registry has of an upload that broke off; undefined where it has nothing or does not say (OCI distribution spec 1.1, "Resuming"). */
async function placeAfterLoss(client: RegistryClient, path: string, location: URL): Promise<UploadPlace | undefined> {
  try {
    const response = await client.ask({ method: "GET", path: location, scope: pushScope(path) });
    response.stream.resume();
    const last = Number(/^(?:bytes=)?0-(\d+)$/.exec(String(response.headers["range"] ?? ""))?.[1] ?? "0");
    // "0-0" is what some say of an empty upload, too.
    return response.status === 204 && last > 0 ? { location: locationOf(client, response, location), received: last + 1 } : undefined;
  } catch (error) {
    if (client.signal?.aborted === true) throw error;
    return undefined;
  }
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
