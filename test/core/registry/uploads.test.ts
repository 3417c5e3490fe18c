import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { RegistryClient } from "../../../core/registry/client.ts";
import { uploadBlob } from "../../../core/registry/uploads.ts";
import { digestOf } from "../../../core/oci/digest.ts";
import { hostileServer } from "./hostile-server.ts";

const blob = randomBytes(3_000_000);

/** What a registry does that loses an upload: the bytes of each session, and how it answers. */
interface Behaviour {
  /** Takes a PATCH; what it gives back is the status, or "cut". */
  readonly patch: (times: number, chunk: Buffer, have: Buffer) => { readonly keep: Buffer; readonly answer: number | "cut" };
  /** The status and Range header for a question about an upload. */
  readonly tell: (have: Buffer) => readonly [number, string];
}

async function upload(behaviour: Behaviour): Promise<{ readonly code: string; readonly stored: Buffer; readonly requests: readonly string[] }> {
  const sessions: Buffer[] = [];
  let patches = 0;
  let stored: Buffer = Buffer.alloc(0);
  const server = await hostileServer((request, response) => void answer(request, response));
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const number = Number(/session-(\d+)/.exec(request.url ?? "")?.[1] ?? "-1");
    const location = `/v2/a/b/blobs/uploads/session-${number < 0 ? sessions.length : number}`;
    if (request.method === "POST") {
      sessions.push(Buffer.alloc(0));
      return void response.writeHead(202, { location }).end();
    }
    const have = sessions[number] ?? Buffer.alloc(0);
    if (request.method === "GET") {
      const [status, range] = behaviour.tell(have);
      return void response.writeHead(status, { location, range }).end();
    }
    if (request.method === "PUT") {
      const isRight = request.url?.includes(encodeURIComponent(digestOf(have))) === true;
      if (isRight) stored = have;
      return void response.writeHead(isRight ? 201 : 400).end();
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { keep, answer: said } = behaviour.patch(patches, Buffer.concat(chunks), have);
    patches += 1;
    sessions[number] = Buffer.concat([have, keep]);
    if (said === "cut") return void request.socket.destroy();
    response.writeHead(said, { location }).end();
  };
  const client = new RegistryClient({ host: server.host, retry: { attempts: 3, delayMs: 1 } });
  try {
    const code = await uploadBlob(client, "a/b", async () => await Promise.resolve({ stream: Readable.from([blob.subarray(0, 1_000_000), blob.subarray(1_000_000)], { objectMode: false }), digest: () => digestOf(blob) }))
      .then(() => "fine", (error: unknown) => String((error as { code?: unknown }).code));
    return { code, stored, requests: server.requests.map((line) => line.replace(/\?.*/, "").replace("/v2/a/b/blobs/uploads/", "")) };
  } finally {
    client.close();
    await server.stop();
  }
}

const honest = (have: Buffer): readonly [number, string] => [204, `0-${have.length - 1}`];
const all = (chunk: Buffer): { keep: Buffer; answer: number } => ({ keep: chunk, answer: 202 });

test("a cut upload goes on where the registry says that it stopped", async () => {
  const result = await upload({ patch: (times, chunk) => (times === 0 ? { keep: chunk.subarray(0, 1_234_567), answer: "cut" } : all(chunk)), tell: honest });
  assert.is(result.code, "fine");
  assert.ok(result.stored.equals(blob));
  assert.is(result.requests.filter((line) => line.startsWith("POST")).length, 1, "one upload");
});

test("a registry that has forgotten the upload gets it from the beginning", async () => {
  const result = await upload({ patch: (times, chunk) => (times === 0 ? { keep: chunk.subarray(0, 1000), answer: "cut" } : all(chunk)), tell: () => [404, ""] });
  assert.is(result.code, "fine");
  assert.ok(result.stored.equals(blob));
});

test("a registry that lies about what it has gets it from the beginning", async () => {
  const result = await upload({ patch: (times, chunk) => (times === 0 ? { keep: chunk.subarray(0, 1000), answer: "cut" } : all(chunk)), tell: () => [204, "0-1999"] });
  assert.is(result.code, "fine");
  assert.ok(result.stored.equals(blob));
});

test("a status that passes is waited for; one that does not ends the upload", async () => {
  const busy = await upload({ patch: (times, chunk) => (times === 0 ? { keep: Buffer.alloc(0), answer: 503 } : all(chunk)), tell: honest });
  assert.is(busy.code, "fine");
  const full = await upload({ patch: () => ({ keep: Buffer.alloc(0), answer: 413 }), tell: honest });
  assert.is(full.code, "registry-failed");
  assert.is(full.requests.filter((line) => line.startsWith("PATCH")).length, 1);
});

test("a connection that is always cut ends with one clear error", async () => {
  assert.is((await upload({ patch: () => ({ keep: Buffer.alloc(0), answer: "cut" }), tell: honest })).code, "registry-unreachable");
});

test.run();
