/** Makes signatures for what was pushed: of GnuPG into the lookaside store, of a sigstore key beside the image. */
import { spawnSync } from "node:child_process";
import { createPrivateKey, sign, type KeyObject } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CalaError, isErrno, reasonOf } from "../../base/error.ts";
import { scopesOfReference } from "../../config/policy.ts";
import { lookasideBase } from "../../config/registries-d.ts";
import type { Environment } from "../../dirs/dirs.ts";
import { writeAtomic } from "../../fs/write-atomic.ts";
import { digestHex, digestOf, type Digest } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/image-types.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import { formatReference, repositoryOf, type Reference } from "../../oci/reference.ts";
import { parseManifest } from "../../oci/validate.ts";
import { hasBlob } from "../../registry/blobs.ts";
import type { RegistryClient } from "../../registry/client.ts";
import { getManifest, pushScope, putManifest } from "../../registry/manifests.ts";
import { uploadBytes } from "../../registry/uploads.ts";
import { cosignPrivateKey, isCosignKey } from "./cosign-key.ts";
import { payloadBytes } from "./payload.ts";
import { cosignTag, payloadType, signatureAnnotation } from "./sigstore.ts";

/** Signs with a key of the user's own key ring and keeps the signature in the directory, or where registries.d says. @returns its file. @throws CalaError `signing-failed` */
export async function signWithGpg(env: Environment, reference: Reference, digest: Digest, key: { readonly id: string; readonly passphraseFile?: string; readonly directory?: string }): Promise<string> {
  const base = key.directory === undefined ? await lookasideBase(scopesOfReference(reference), env, true) : pathToFileURL(key.directory);
  if (base.protocol !== "file:") throw new CalaError("signing-failed", `signatures of "${formatReference(reference)}" are kept at "${base.href}", where cala cannot write`, { hint: "set lookaside-staging to a file:// address in registries.d" });
  const passphrase = key.passphraseFile === undefined ? [] : ["--batch", "--pinentry-mode", "loopback", "--passphrase-file", key.passphraseFile];
  const done = spawnSync("gpg", [...passphrase, "--local-user", key.id, "--sign", "--output", "-"], { input: payloadBytes("gpg", formatReference(reference), digest), env: { ...env }, stdio: ["pipe", "pipe", "pipe"] });
  if (done.error !== undefined) throw new CalaError("program-missing", `"gpg" cannot be started: ${reasonOf(done.error)}`, { cause: done.error, ...(isErrno(done.error, "ENOENT") ? { hint: "install gnupg" } : {}) });
  if (done.status !== 0) throw new CalaError("signing-failed", `gpg cannot sign with the key "${key.id}": ${done.stderr.toString("utf8").trim().slice(0, 400)}`);
  const folder = join(fileURLToPath(base), `${reference.path}@sha256=${digestHex(digest)}`);
  mkdirSync(folder, { recursive: true });
  let number = 1;
  while (existsSync(join(folder, `signature-${number}`))) number += 1;
  const file = join(folder, `signature-${number}`);
  writeAtomic(file, done.stdout, { mode: 0o644 });
  return file;
}

/** A private key in PEM form, or in cosign's own. @throws CalaError `signing-failed` */
export function sigstorePrivateKey(file: string, passphraseFile?: string): KeyObject {
  try {
    const text = readFileSync(file, "utf8");
    const passphrase = passphraseFile === undefined ? undefined : Buffer.from(readFileSync(passphraseFile, "utf8").replace(/\r?\n$/, ""));
    if (isCosignKey(text)) {
      if (passphrase === undefined) throw new CalaError("signing-failed", `the private key "${file}" is encrypted, and no passphrase was given`, { hint: "write it into a file that only you can read, and give --sign-passphrase-file FILE" });
      return cosignPrivateKey(text, file, passphrase);
    }
    return createPrivateKey({ key: text, format: "pem", ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    if (error instanceof CalaError) throw error;
    throw new CalaError("signing-failed", `the private key "${file}" cannot be used: ${reasonOf(error)}`, { cause: error });
  }
}

/** Attaches a signature to a manifest in its repository, beside those that are there. @throws CalaError `registry-…` */
export async function signWithSigstore(client: RegistryClient, place: Reference, reference: Reference, digest: Digest, key: KeyObject): Promise<void> {
  const payload = payloadBytes("sigstore", repositoryOf(reference), digest);
  const signature = sign(key.asymmetricKeyType === "ed25519" ? null : "sha256", payload, key).toString("base64");
  const layer: Descriptor = { mediaType: payloadType, digest: digestOf(payload), size: payload.length, annotations: { [signatureAnnotation]: signature } };
  const tagged: Reference = { domain: place.domain, path: place.path, tag: cosignTag(digest) };
  const layers = [...(await layersAt(client, tagged)), layer];
  const config = Buffer.from(JSON.stringify({ architecture: "", os: "", config: {}, rootfs: { type: "layers", diff_ids: layers.map((each) => each.digest) } }));
  for (const bytes of [payload, config]) {
    const own = digestOf(bytes);
    if (!(await hasBlob(client, place.path, own, pushScope(place.path)))) await uploadBytes(client, place.path, bytes, own);
  }
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length }, layers };
  await putManifest(client, tagged, Buffer.from(JSON.stringify(manifest)), mediaTypes.ociManifest);
}

async function layersAt(client: RegistryClient, tagged: Reference): Promise<readonly Descriptor[]> {
  try {
    const { bytes, mediaType } = await getManifest(client, tagged);
    const parsed = parseManifest(bytes, mediaType, "the image's signatures");
    return parsed.kind === "manifest" ? parsed.manifest.layers : [];
  } catch (error) {
    if (error instanceof CalaError && error.code === "manifest-unknown") return [];
    throw error;
  }
}
