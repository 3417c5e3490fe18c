/** A registry in this process with one small image, so that the build can run pulls and pushes without any network. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { tarEnd, tarHeader } from "../core/image/tar-writer.ts";
import { digestOf } from "../core/oci/digest.ts";
import { mediaTypes } from "../core/oci/media-types.ts";
import { hostPlatform } from "../core/oci/platform.ts";

/** Where it listens. */
export interface WarmRegistry {
  readonly address: string;
  readonly stop: () => void;
}

/** Answers under any repository; what is sent is taken and forgotten. */
export async function startWarmRegistry(): Promise<WarmRegistry> {
  const blobs = imageBlobs();
  const server = createServer((request, response) => void answer(blobs, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    address: `127.0.0.1:${port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Layer, config and manifest by digest; the manifest also as `latest`. */
function imageBlobs(): ReadonlyMap<string, Buffer> {
  const tar = Buffer.concat([tarHeader("etc/", 0, "directory"), tarHeader("etc/empty", 0, "file"), tarEnd()]);
  const layer = gzipSync(tar);
  const config = Buffer.from(JSON.stringify({ ...hostPlatform(), config: { Cmd: ["none"] }, rootfs: { type: "layers", diff_ids: [digestOf(tar)] }, history: [] }));
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: mediaTypes.ociLayerGzip, digest: digestOf(layer), size: layer.length }],
  }));
  return new Map([["latest", manifest], ...[layer, config, manifest].map((bytes): [string, Buffer] => [digestOf(bytes), bytes])]);
}

async function answer(blobs: ReadonlyMap<string, Buffer>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for await (const _piece of request); // what is sent is read to its end
  const { pathname } = new URL(request.url ?? "/", "http://here");
  const found = blobs.get(pathname.split("/").at(-1) ?? "");
  if (request.method === "POST" || request.method === "PATCH") response.writeHead(202, { location: `${pathname.replace(/\/$/, "")}/1`, range: "0-0" }).end();
  else if (request.method === "PUT") response.writeHead(201).end();
  else if (pathname === "/v2/") response.writeHead(200).end();
  else if (found === undefined) response.writeHead(404).end();
  else response.writeHead(200, { "content-length": found.length, "content-type": mediaTypes.ociManifest }).end(request.method === "HEAD" ? undefined : found);
}
