/** A registry inside the test's own process that can lie. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { digestOf, imageConfigText, type Descriptor, type ImageConfig } from "./oci-layout.ts";

/** One answer: the bytes of a manifest or blob, or what a lying registry sends instead. */
export interface Answer {
  readonly body: Uint8Array;
  readonly type?: string;
  readonly status?: number;
  /** Sends so many bytes of the body, then drops the connection. */
  readonly cutAt?: number;
}

/** A fake registry and what it was asked for. */
export interface FakeRegistry {
  readonly address: string;
  readonly requests: readonly string[];
  /** Answers by path (`/v2/NAME/…`); change them at any time. */
  readonly answers: Map<string, Answer>;
  /** Serves an image of gzip-compressed layers under NAME:latest; returns its descriptors. */
  readonly serve: (name: string, layers: readonly Uint8Array[], config?: ImageConfig) => { readonly config: Descriptor; readonly layers: readonly Descriptor[] };
  /** Leaves requests of a path without an answer until they are released. */
  readonly hold: (path: string) => Held;
  readonly stop: () => Promise<void>;
}

/** Requests that wait. */
export interface Held {
  readonly waiting: () => number;
  readonly release: () => void;
}

/** Starts a fake registry on loopback. */
export async function startFakeRegistry(): Promise<FakeRegistry> {
  const answers = new Map<string, Answer>();
  const requests: string[] = [];
  const held = new Map<string, (() => void)[]>();
  const server = createServer((request, response) => {
    const queue = held.get((request.url ?? "").split("?")[0] ?? "");
    if (queue === undefined) answer(request, response, answers, requests);
    else queue.push(() => answer(request, response, answers, requests));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    address: `127.0.0.1:${address.port}`,
    requests, answers,
    serve: (name, layers, config) => serveImage(answers, name, layers, config ?? { Cmd: ["true"] }),
    hold: (path) => {
      const queue: (() => void)[] = [];
      held.set(path, queue);
      return {
        waiting: () => queue.length,
        release: () => {
          held.delete(path);
          for (const go of queue) go();
        },
      };
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, answers: ReadonlyMap<string, Answer>, requests: string[]): void {
  const path = (request.url ?? "").split("?")[0] ?? "";
  requests.push(`${request.method} ${path}`);
  if (path === "/v2/") return void response.writeHead(200).end("{}");
  const found = answers.get(path);
  if (found === undefined) return void response.writeHead(404, { "content-type": "application/json" }).end('{"errors":[{"code":"NAME_UNKNOWN","message":"no such thing"}]}');
  response.writeHead(found.status ?? 200, {
    "content-type": found.type ?? "application/octet-stream", "content-length": found.body.length,
    ...(found.type === undefined ? {} : { "docker-content-digest": digestOf(found.body) }),
  });
  if (request.method === "HEAD") return void response.end();
  if (found.cutAt === undefined) return void response.end(found.body);
  response.write(found.body.slice(0, found.cutAt), () => response.destroy());
}

function serveImage(answers: Map<string, Answer>, name: string, layers: readonly Uint8Array[], config: ImageConfig): { config: Descriptor; layers: Descriptor[] } {
  const blob = (bytes: Uint8Array, mediaType: string): Descriptor => {
    const digest = digestOf(bytes);
    answers.set(`/v2/${name}/blobs/${digest}`, { body: bytes });
    return { mediaType, digest, size: bytes.length };
  };
  const layerDescriptors = layers.map((layer) => blob(gzipSync(layer), "application/vnd.oci.image.layer.v1.tar+gzip"));
  const configDescriptor = blob(Buffer.from(imageConfigText(config, layers.map(digestOf))), "application/vnd.oci.image.config.v1+json");
  serveManifest(answers, name, configDescriptor, layerDescriptors);
  return { config: configDescriptor, layers: layerDescriptors };
}

/** Serves a manifest of any descriptors under NAME:latest. */
export function serveManifest(answers: Map<string, Answer>, name: string, config: Descriptor, layers: readonly Descriptor[]): void {
  const type = "application/vnd.oci.image.manifest.v1+json";
  const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers }));
  for (const reference of ["latest", digestOf(body)]) answers.set(`/v2/${name}/manifests/${reference}`, { body, type });
}
