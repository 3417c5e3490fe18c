/** Private keys in cosign's encrypted form: scrypt and secretbox. Source: go-securesystemslib, package encrypted. */
import { createPrivateKey, scryptSync, type KeyObject } from "node:crypto";
import { CalaError } from "../../base/error.ts";
import { openSecretbox } from "./secretbox.ts";

const pem = /-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----\s*([A-Za-z0-9+/=\s]+?)-----END ENCRYPTED \1 PRIVATE KEY-----/;
/** scrypt takes 128 × N × r bytes: eight times what cosign asks for. */
const largestMemoryBytes = 2 ** 29;

/** Whether a file's text is such a key. */
export function isCosignKey(text: string): boolean {
  return pem.test(text);
}

/** What the form says. */
interface Sealed {
  readonly kdf?: { readonly name?: unknown; readonly params?: { readonly N?: unknown; readonly r?: unknown; readonly p?: unknown }; readonly salt?: unknown };
  readonly cipher?: { readonly name?: unknown; readonly nonce?: unknown };
  readonly ciphertext?: unknown;
}

/** @param file for messages @throws CalaError `signing-failed` for a wrong passphrase, a damaged key, or one of another form */
export function cosignPrivateKey(text: string, file: string, passphrase: Buffer): KeyObject {
  const sealed = readSealed(text, file);
  const { name, params = {}, salt } = sealed.kdf ?? {};
  const [cost, block, parallel] = [params.N, params.r, params.p];
  const isKnown = name === "scrypt" && sealed.cipher?.name === "nacl/secretbox" && isCount(cost) && isCount(block) && isCount(parallel) && (cost & (cost - 1)) === 0 && cost > 1;
  if (!isKnown || cost * block * 128 * parallel > largestMemoryBytes) throw damaged(file, "it is sealed in a way that is not known");
  const key = scryptSync(passphrase, bytesOf(salt, file), 32, { N: cost, r: block, p: parallel, maxmem: largestMemoryBytes * 2 });
  const opened = openSecretbox(bytesOf(sealed.ciphertext, file), bytesOf(sealed.cipher.nonce, file), key);
  if (opened === undefined) throw new CalaError("signing-failed", `the passphrase of the private key "${file}" is wrong, or the key is damaged`);
  return createPrivateKey({ key: opened, format: "der", type: "pkcs8" });
}

function readSealed(text: string, file: string): Sealed {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(pem.exec(text)?.[2] ?? "", "base64").toString("utf8"));
    if (typeof parsed === "object" && parsed !== null) return parsed;
  } catch {
    // Told below.
  }
  throw damaged(file, "it is damaged");
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

function bytesOf(value: unknown, file: string): Buffer {
  if (typeof value !== "string") throw damaged(file, "it is damaged");
  return Buffer.from(value, "base64");
}

function damaged(file: string, reason: string): CalaError {
  return new CalaError("signing-failed", `the private key "${file}" cannot be used: ${reason}`);
}
