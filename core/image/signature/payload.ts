/** What is signed: a small JSON document ("simple signing") that names a manifest's digest and the image's name. */
import { isDigest, type Digest } from "../../oci/digest.ts";

/** The claims of a signature. */
export interface SignedClaims {
  readonly digest: Digest;
  /** The name that was signed, as its signer wrote it. */
  readonly dockerReference: string;
}

type Fields = Readonly<Record<string, unknown>>;

const types = { gpg: "atomic container signature", sigstore: "cosign container image signature" } as const;

/** The claims of a payload of the given kind, or undefined where it is none. Sources: containers/image docs/containers-signature.5.md; cosign SIGNATURE_SPEC.md. */
export function parseClaims(payload: Uint8Array, kind: keyof typeof types): SignedClaims | undefined {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    return undefined;
  }
  const critical = fields(fields(document)["critical"]);
  const digest = fields(critical["image"])["docker-manifest-digest"];
  const dockerReference = fields(critical["identity"])["docker-reference"];
  if (critical["type"] !== types[kind] || !isDigest(digest) || typeof dockerReference !== "string") return undefined;
  return { digest, dockerReference };
}

/** A payload to be signed. */
export function payloadBytes(kind: keyof typeof types, dockerReference: string, digest: Digest): Buffer {
  return Buffer.from(JSON.stringify({
    critical: { identity: { "docker-reference": dockerReference }, image: { "docker-manifest-digest": digest }, type: types[kind] },
    optional: { creator: "cala", timestamp: Math.floor(Date.now() / 1000) },
  }));
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
