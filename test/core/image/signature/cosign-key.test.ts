import { createPublicKey, generateKeyPairSync, randomBytes, scryptSync, sign, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openSecretbox, poly1305, secretboxStream } from "../../../../core/image/signature/secretbox.ts";
import { sigstorePrivateKey } from "../../../../core/image/signature/sign.ts";

const dir = mkdtempSync(join(tmpdir(), "cala-cosign-"));
test.after(() => rmSync(dir, { recursive: true, force: true }));
const hex = (text: string): Buffer => Buffer.from(text, "hex");

test("NaCl's own example is opened, and refused with any bit changed", () => {
  const key = hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
  const nonce = hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
  const message = hex("be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705");
  const box = hex("f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5");
  assert.equal(openSecretbox(box, nonce, key), message);
  for (const at of [0, 15, 16, 100]) {
    const changed = Buffer.from(box);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.is(openSecretbox(changed, nonce, key), undefined);
  }
  assert.is(openSecretbox(box.subarray(0, 10), nonce, key), undefined);
});

/** A key as `cosign generate-key-pair` writes it, with less work for scrypt. */
function sealedKey(passphrase: string, changes: Readonly<Record<string, unknown>> = {}): { readonly file: string; readonly publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const [salt, nonce] = [randomBytes(32), randomBytes(24)];
  const plain = privateKey.export({ type: "pkcs8", format: "der" });
  const stream = secretboxStream(nonce, scryptSync(passphrase, salt, 32, { N: 1024, r: 8, p: 1 }), 32 + plain.length);
  const sealed = Buffer.from(plain.map((byte, index) => byte ^ (stream[32 + index] ?? 0)));
  const body = { kdf: { name: "scrypt", params: { N: 1024, r: 8, p: 1 }, salt: salt.toString("base64") }, cipher: { name: "nacl/secretbox", nonce: nonce.toString("base64") }, ciphertext: Buffer.concat([poly1305(stream.subarray(0, 32), sealed), sealed]).toString("base64"), ...changes };
  const lines = Buffer.from(JSON.stringify(body)).toString("base64").replace(/.{64}/g, "$&\n");
  const file = join(dir, `${randomBytes(4).toString("hex")}.key`);
  writeFileSync(file, `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n${lines}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n`);
  return { file, publicPem: publicKey.export({ type: "spki", format: "pem" }).toString() };
}

function passphraseFile(text: string): string {
  const file = join(dir, "passphrase");
  writeFileSync(file, text);
  return file;
}

test("a key in cosign's encrypted form signs, with its passphrase", () => {
  const { file, publicPem } = sealedKey("secret words");
  const key = sigstorePrivateKey(file, passphraseFile("secret words\n"));
  const words = Buffer.from("what is signed");
  assert.ok(verify("sha256", words, createPublicKey(publicPem), sign("sha256", words, key)));
});

const refusals: ReadonlyArray<readonly [what: string, make: () => string, passphrase: string | undefined, words: RegExp]> = [
  ["without a passphrase", () => sealedKey("x").file, undefined, /is encrypted, and no passphrase was given/],
  ["with a wrong passphrase", () => sealedKey("x").file, "y", /the passphrase of the private key ".*" is wrong/],
  ["sealed in another way", () => sealedKey("x", { cipher: { name: "aes", nonce: "" } }).file, "x", /sealed in a way that is not known/],
  ["whose scrypt takes all memory", () => sealedKey("x", { kdf: { name: "scrypt", params: { N: 2 ** 30, r: 8, p: 1 }, salt: "" } }).file, "x", /sealed in a way that is not known/],
  ["without what was sealed", () => sealedKey("x", { ciphertext: 7 }).file, "x", /is damaged/],
];

for (const [what, make, passphrase, words] of refusals) {
  test(`a key ${what} is refused with the reason`, () => {
    assert.throws(() => sigstorePrivateKey(make(), passphrase === undefined ? undefined : passphraseFile(passphrase)), (error: Error) => words.test(error.message));
  });
}

test.run();
