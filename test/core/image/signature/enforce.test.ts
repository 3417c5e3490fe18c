import { execFileSync } from "node:child_process";
import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { imagesDir } from "../../../../core/dirs/paths.ts";
import { pullImage } from "../../../../core/image/pull.ts";
import { digestHex, digestOf } from "../../../../core/oci/digest.ts";
import { mediaTypes } from "../../../../core/oci/media-types.ts";
import { skipReasons } from "../../../runner/skip.ts";
import { hostileServer, type HostileServer } from "../../registry/hostile-server.ts";
import { imageScratch, type ImageScratch } from "../image-scratch.ts";
import { sampleImage, sampleLayer } from "../sample-image.ts";

const image = sampleImage([sampleLayer("file", Buffer.from("content"))]);
const other = sampleImage([sampleLayer("file", Buffer.from("other content"))]);
const hasGpg = existsSync("/usr/bin/gpg");

interface Context {
  scratch: ImageScratch;
  server: HostileServer;
  /** What cosign would have attached: manifest and payloads by digest. */
  attached: Map<string, Buffer>;
}

const test = suite<Context>("signatures that the policy asks for", {} as never);
test.before.each(async (context) => {
  context.scratch = imageScratch();
  context.attached = new Map();
  context.server = await hostileServer((request, response) => {
    const url = request.url ?? "";
    const extra = [...context.attached].find(([key]) => url.includes(key))?.[1];
    if (extra !== undefined) return void response.writeHead(200, { "content-type": url.includes("/manifests/") ? mediaTypes.ociManifest : "application/octet-stream" }).end(extra);
    if (/manifests\/(1|sha256:)/.test(url)) return void response.writeHead(200, { "content-type": mediaTypes.ociManifest }).end(image.manifest);
    if (url.includes(image.configDigest)) return void response.end(image.config);
    const found = image.layers.find((layer) => url.includes(layer.digest));
    return void (found === undefined ? response.writeHead(404).end() : response.end(found.packed));
  });
});
test.after.each(async ({ scratch, server }) => {
  await server.stop();
  scratch.remove();
});

function writeConfig(scratch: ImageScratch, name: string, text: string): void {
  const file = join(scratch.directory, "config", "containers", name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
}

function usePolicy({ scratch, server }: Context, requirement: object): void {
  writeConfig(scratch, "policy.json", JSON.stringify({ default: [{ type: "reject" }], transports: { docker: { [server.host]: [requirement] } } }));
}

async function pull({ scratch, server }: Context): Promise<string> {
  try {
    await pullImage(scratch.engine, { name: `${server.host}/team/app:1`, policy: "always", connect: { retry: { attempts: 0, delayMs: 1 } } });
    return "fine";
  } catch (error) {
    assert.is(scratch.layers.applied, 0, "nothing is unpacked before the signature is known to be good");
    assert.not.ok(existsSync(imagesDir(scratch.engine.dirs)), "no image is left");
    return String((error as { code?: unknown }).code);
  }
}

function payload(kind: string, reference: string, digest = image.manifestDigest): Buffer {
  return Buffer.from(JSON.stringify({ critical: { type: kind, image: { "docker-manifest-digest": digest }, identity: { "docker-reference": reference } }, optional: null }));
}

function attach({ attached }: Context, bytes: Buffer, key: KeyObject, hash: string | null = "sha256"): void {
  const layer = { mediaType: "application/vnd.dev.cosign.simplesigning.v1+json", digest: digestOf(bytes), size: bytes.length, annotations: { "dev.cosignproject.cosign/signature": sign(hash, bytes, key).toString("base64") } };
  const config = { mediaType: mediaTypes.ociConfig, digest: digestOf("{}"), size: 2 };
  attached.set(`sha256-${digestHex(image.manifestDigest)}.sig`, Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] })));
  attached.set(`/blobs/${digestOf(bytes)}`, bytes);
}

const cosign = "cosign container image signature";
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = (key: KeyObject): string => Buffer.from(key.export({ type: "spki", format: "pem" })).toString("base64");
const byKey = (key: KeyObject, identity: object = { type: "matchRepository" }): object => ({ type: "sigstoreSigned", keyData: pem(key), signedIdentity: identity });

test("sigstore: a signature of the policy's key over the manifest's digest lets the image in", async (context) => {
  usePolicy(context, byKey(ec.publicKey));
  attach(context, payload(cosign, `${context.server.host}/team/app`), ec.privateKey);
  assert.is(await pull(context), "fine");
});

test("sigstore: RSA and Ed25519 keys, from a file", async (context) => {
  for (const [pair, hash] of [[generateKeyPairSync("rsa", { modulusLength: 2048 }), "sha256"], [generateKeyPairSync("ed25519"), null]] as const) {
    const keyPath = join(context.scratch.directory, "key.pub");
    writeFileSync(keyPath, pair.publicKey.export({ type: "spki", format: "pem" }));
    usePolicy(context, { type: "sigstoreSigned", keyPath, signedIdentity: { type: "matchRepository" } });
    attach(context, payload(cosign, `${context.server.host}/team/app`), pair.privateKey, hash);
    assert.is(await pull(context), "fine");
  }
});

test("sigstore: no signature, another key's, another image's, another name's, another kind's", async (context) => {
  usePolicy(context, byKey(ec.publicKey));
  assert.is(await pull(context), "signature-missing");
  const name = `${context.server.host}/team/app`;
  attach(context, payload(cosign, name), generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  assert.is(await pull(context), "signature-invalid");
  attach(context, payload(cosign, name, other.manifestDigest), ec.privateKey);
  assert.is(await pull(context), "signature-invalid");
  attach(context, payload(cosign, `${context.server.host}/team/another`), ec.privateKey);
  assert.is(await pull(context), "signature-invalid");
  attach(context, payload("atomic container signature", name), ec.privateKey);
  assert.is(await pull(context), "signature-invalid");
  usePolicy(context, byKey(ec.publicKey, { type: "matchExact" }));
  attach(context, payload(cosign, name), ec.privateKey);
  assert.is(await pull(context), "signature-invalid");
});

test("sigstore: a payload that was changed after it was signed", async (context) => {
  usePolicy(context, byKey(ec.publicKey));
  const bytes = payload(cosign, `${context.server.host}/team/app`);
  attach(context, payload(cosign, `${context.server.host}/team/axp`), ec.privateKey);
  const manifest = [...context.attached].find(([key]) => key.endsWith(".sig"));
  assert.ok(manifest);
  const changed = JSON.parse(manifest[1].toString("utf8")) as { layers: { digest: string; size: number }[] };
  Object.assign(changed.layers[0] ?? {}, { digest: digestOf(bytes), size: bytes.length });
  context.attached.set(manifest[0], Buffer.from(JSON.stringify(changed)));
  context.attached.set(`/blobs/${digestOf(bytes)}`, bytes);
  assert.is(await pull(context), "signature-invalid");
});

interface Keyring {
  readonly publicKey: Buffer;
  readonly sign: (bytes: Buffer) => Buffer;
  readonly remove: () => void;
}

function keyring(): Keyring {
  const home = mkdtempSync(join(tmpdir(), "cala-ring-"));
  const gpg = (args: readonly string[], input?: Buffer): Buffer => execFileSync("gpg", ["--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", ...args], { ...(input === undefined ? {} : { input }), stdio: ["pipe", "pipe", "ignore"] });
  gpg(["--quick-gen-key", "signer@example.org", "ed25519", "sign", "1d"]);
  return {
    publicKey: gpg(["--export", "signer@example.org"]),
    sign: (bytes) => gpg(["--sign", "--output", "-"], bytes),
    remove: () => {
      execFileSync("gpgconf", ["--homedir", home, "--kill", "all"], { stdio: "ignore" });
      rmSync(home, { recursive: true, force: true });
    },
  };
}

if (!hasGpg) skipReasons().add("gpg");
(hasGpg ? test : test.skip)("GnuPG: a signature in the lookaside store lets the image in; a foreign key's and a missing one do not", async (context) => {
  const [mine, foreign] = [keyring(), keyring()];
  try {
    const store = join(context.scratch.directory, "sigstore");
    const place = join(store, `team/app@sha256=${digestHex(image.manifestDigest)}`);
    mkdirSync(place, { recursive: true });
    writeConfig(context.scratch, "registries.d/default.yaml", `docker:\n  ${context.server.host}/team:\n    lookaside: file://${store}\n`);
    usePolicy(context, { type: "signedBy", keyType: "GPGKeys", keyData: mine.publicKey.toString("base64") });
    assert.is(await pull(context), "signature-missing");
    const claims = payload("atomic container signature", `${context.server.host}/team/app:1`);
    writeFileSync(join(place, "signature-1"), foreign.sign(claims));
    assert.is(await pull(context), "signature-invalid");
    writeFileSync(join(place, "signature-1"), claims);
    assert.is(await pull(context), "signature-invalid", "bytes that nobody signed");
    writeFileSync(join(place, "signature-1"), mine.sign(payload("atomic container signature", `${context.server.host}/team/app:2`)));
    assert.is(await pull(context), "signature-invalid", "another tag's");
    writeFileSync(join(place, "signature-2"), mine.sign(claims));
    assert.is(await pull(context), "fine", "one good signature among others is enough");
  } finally {
    mine.remove();
    foreign.remove();
  }
});

test("all requirements of a scope must hold", async (context) => {
  attach(context, payload(cosign, `${context.server.host}/team/app`), ec.privateKey);
  const also = byKey(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey);
  writeConfig(context.scratch, "policy.json", JSON.stringify({ default: [byKey(ec.publicKey), also] }));
  assert.is(await pull(context), "signature-invalid");
});

test("a key that cannot be read or is none is told as such", async (context) => {
  usePolicy(context, { type: "sigstoreSigned", keyPath: "/nowhere/key.pub" });
  assert.is(await pull(context), "policy-invalid");
  usePolicy(context, { type: "sigstoreSigned", keyData: Buffer.from("no key").toString("base64") });
  assert.is(await pull(context), "policy-invalid");
});

test.run();
