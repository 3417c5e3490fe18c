/** Whoever signs what is pushed, ready before anything is sent: a key that cannot be used is told first. */
import { readFileSync } from "node:fs";
import { CalaError, reasonOf } from "../../base/error.ts";
import type { Environment } from "../../dirs/dirs.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Reference } from "../../oci/reference.ts";
import type { RegistryClient } from "../../registry/client.ts";
import { sigstorePrivateKey, signWithGpg, signWithSigstore } from "./sign.ts";

/** With which keys to sign. */
export interface SignBy {
  /** Of the user's own key ring. */
  readonly gpgKey?: string;
  /** A private key in PEM form. */
  readonly sigstoreKeyFile?: string;
  /** A file that names such a key; containers-sigstore-signing-params.yaml(5). */
  readonly sigstoreParametersFile?: string;
  readonly passphraseFile?: string;
}

/** What was pushed: its name, and where that is by the configuration. */
export interface Signed {
  readonly reference: Reference;
  readonly place: Reference;
  readonly digest: Digest;
}

/** Signs one manifest that is in its registry. */
export type Signer = (client: RegistryClient, signed: Signed) => Promise<void>;

/** @throws CalaError `signing-failed` for a key that cannot be used */
export async function signerOf(env: Environment, signBy: SignBy): Promise<Signer> {
  const { gpgKey, passphraseFile } = signBy;
  const parameters = signBy.sigstoreParametersFile === undefined ? undefined : await parametersOf(signBy.sigstoreParametersFile);
  const keyFile = signBy.sigstoreKeyFile ?? parameters?.keyFile;
  const key = keyFile === undefined ? undefined : sigstorePrivateKey(keyFile, parameters?.passphraseFile ?? passphraseFile);
  return async (client, { reference, place, digest }) => {
    if (gpgKey !== undefined) await signWithGpg(env, reference, digest, { id: gpgKey, ...(passphraseFile === undefined ? {} : { passphraseFile }) });
    if (key !== undefined) await signWithSigstore(client, place, reference, digest, key);
  };
}

async function parametersOf(file: string): Promise<{ readonly keyFile: string; readonly passphraseFile?: string }> {
  const { parse } = await import("yaml");
  let fields: unknown;
  try {
    fields = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CalaError("signing-failed", `the signing parameters "${file}" cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  const { privateKeyFile, privateKeyPassphraseFile, fulcio, rekorURL } = (typeof fields === "object" && fields !== null ? fields : {}) as Readonly<Record<string, unknown>>;
  if (fulcio !== undefined || rekorURL !== undefined) throw new CalaError("signing-failed", `the signing parameters "${file}" ask for Fulcio or Rekor, which are not supported`, { hint: "sign with a key: privateKeyFile" });
  if (typeof privateKeyFile !== "string") throw new CalaError("signing-failed", `the signing parameters "${file}" name no privateKeyFile`);
  return { keyFile: privateKeyFile, ...(typeof privateKeyPassphraseFile === "string" ? { passphraseFile: privateKeyPassphraseFile } : {}) };
}
