import { createHash } from "node:crypto";
import { CalaError } from "../base/error.ts";
import { sha256OfBytes } from "../base/sha256.ts";

/** A content digest, `sha256:<64 hex digits>`; the only algorithm that registries use in practice. */
export type Digest = `sha256:${string}`;

/** So long a document is hashed in less time than node:crypto takes to be loaded. */
const shortBytes = 1024;

const pattern = /^sha256:[0-9a-f]{64}$/;

/** Whether `text` is a digest that cala can check. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === "string" && pattern.test(text);
}

/**
 * A digest from untrusted text. Source: OCI image spec 1.1, descriptor.md "Digests".
 * @throws CalaError `digest-invalid`
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new CalaError("digest-invalid", `digest "${text.slice(0, 200)}" is not sha256: and 64 lower-case hexadecimal digits`);
}

/** The 64 digits of a digest. */
export function digestHex(digest: Digest): string {
  return digest.slice("sha256:".length);
}

/** The digest whose digits are given. @throws CalaError `digest-invalid` */
export function digestOfHex(hex: string): Digest {
  return parseDigest(`sha256:${hex}`);
}

/** The digest of some bytes in memory. */
export function digestOf(bytes: string | Uint8Array): Digest {
  const data = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  return `sha256:${data.length <= shortBytes ? sha256OfBytes(data) : createHash("sha256").update(data).digest("hex")}`;
}

/** Checks bytes against what a descriptor or a reference promised. @throws CalaError `digest-mismatch` */
export function verifyDigest(bytes: Uint8Array, expected: Digest, what: string): void {
  const actual = digestOf(bytes);
  if (actual !== expected) {
    throw new CalaError("digest-mismatch", `${what} does not have the promised content: expected ${expected}, got ${actual}`, {
      hint: "the registry or a proxy on the way delivers wrong data; try again or use another registry",
    });
  }
}
