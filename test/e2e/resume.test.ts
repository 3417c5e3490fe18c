/** A pull that is killed goes on where it stopped, with HTTP ranges; what is whole is not fetched again. */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { readdirSync, statSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { digestOf, imageConfigText } from "./harness/oci-layout.ts";
import { runOk } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";
import { tarBytes } from "./harness/tar.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "resume", ["busybox"]);
const megabyte = 2 ** 20;
const content = randomBytes(12 * megabyte);
const tars = [tarBytes([{ name: "small", content: randomBytes(2 * megabyte) }]), tarBytes([{ name: "large", content }])];
const layers = tars.map((tar) => gzipSync(tar, { level: 1 }));
const [small = Buffer.alloc(0), large = Buffer.alloc(0)] = layers;
const config = Buffer.from(imageConfigText({ Cmd: ["true"] }, tars.map(digestOf)));
const manifest = Buffer.from(JSON.stringify({
  schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
  config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(config), size: config.length },
  layers: layers.map((layer) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: digestOf(layer), size: layer.length })),
}));

/** Ranges of the large layer that were asked for, and how often the small one was. */
const asked = { ranges: [] as string[], small: 0, urls: [] as string[] };
let stopAt = 0;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? "";
  asked.urls.push(`${request.method} ${url}`);
  if (url.includes("/manifests/")) return void response.writeHead(200, { "content-type": "application/vnd.oci.image.manifest.v1+json", "docker-content-digest": digestOf(manifest) }).end(manifest);
  if (url.includes(digestOf(config))) return void response.end(config);
  if (url.includes(digestOf(small))) {
    asked.small += 1;
    return void response.end(small);
  }
  if (!url.includes(digestOf(large))) return void response.writeHead(url === "/v2/" ? 200 : 404).end("{}");
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? "0");
  asked.ranges.push(request.headers.range ?? "");
  response.writeHead(from > 0 ? 206 : 200, { "content-length": large.length - from, ...(from > 0 ? { "content-range": `bytes ${from}-${large.length - 1}/${large.length}` } : {}) });
  if (stopAt > from) response.write(large.subarray(from, stopAt)); // and then nothing more, for as long as the client waits
  else response.end(large.subarray(from));
}

const server = createServer(answer);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
test.after(() => {
  server.closeAllConnections();
  server.close();
});
const name = `127.0.0.1:${(server.address() as { port: number }).port}/team/app:1`;

function partialBytes(): number {
  const dir = join(cala.root, "cache/downloads");
  const sizes = readdirSync(dir).filter((file) => file.endsWith(".partial")).map((file) => statSync(join(dir, file)).size);
  return Math.max(0, ...sizes);
}

test("three kills in the middle of a layer, and each byte is sent once", async () => {
  for (const part of [3, 6, 9]) {
    stopAt = part * megabyte;
    const pull = cala.start(["pull", "-q", name]);
    await waitFor(`${part} MB and the small layer to be here`, () => partialBytes() === stopAt && readdirSync(join(cala.root, "data/layers")).length === 1, 30_000);
    const ended = new Promise((resolve) => pull.once("exit", resolve));
    pull.kill("SIGKILL");
    await ended;
  }
  stopAt = 0;
  await cala.ok(["pull", "-q", name]);
  assert.equal(asked.ranges, ["", ...[3, 6, 9].map((part) => `bytes=${part * megabyte}-`)]);
  assert.is(asked.small, 1, "the layer that was whole before the first kill");
  assert.is(await cala.ok(["image", "inspect", "--format", "{{len .RootFS.Layers}}", name]), "2");
});

test("a pull that finds nothing new asks whether the name still has its digest, writes nothing, and says so of each layer", async () => {
  const data = join(cala.root, "data");
  const state = async (): Promise<string> => (await runOk("find", [data, "-not", "-path", "*/unsynced*", "-printf", "%p %s %T@ %C@\\n"])).stdout;
  const before = await state();
  asked.urls = [];
  const again = await cala.run(["pull", "--tls-verify=false", name]);
  assert.equal(asked.urls, ["HEAD /v2/team/app/manifests/1"]);
  assert.is(again.stderr.match(/already exists/g)?.length, 2);
  assert.is(await state(), before);
  assert.is(again.stdout.trim(), digestOf(config).replace("sha256:", ""));
});

test.run();
