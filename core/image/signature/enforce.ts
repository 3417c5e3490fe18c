/** Holds an image against the signatures that the policy asks for, before anything of it is stored. */
import { readFileSync } from "node:fs";
import { CalaError, reasonOf } from "../../base/error.ts";
import { scopesOfReference, type PolicyRequirement } from "../../config/policy.ts";
import { lookasideBase } from "../../config/registries-d.ts";
import type { Environment } from "../../dirs/dirs.ts";
import type { Digest } from "../../oci/digest.ts";
import { formatReference, type Reference } from "../../oci/reference.ts";
import type { RegistryClient } from "../../registry/client.ts";
import { identityMatches } from "./identity.ts";
import { parseClaims, type SignedClaims } from "./payload.ts";

/** An image on its way in. */
export interface SignedImage {
  /** The name that the user means, whatever mirror delivers it. */
  readonly used: Reference;
  /** Where it is fetched from. */
  readonly place: Reference;
  /** Of the index under the name, where there is one, and of the chosen manifest: a signature of either holds. */
  readonly digests: readonly Digest[];
  readonly client: RegistryClient;
  readonly env: Environment;
  /** Of the policy, for messages. */
  readonly policyFile: string;
}

/** Every requirement must be met by one signature at least. @throws CalaError `signature-missing`, `signature-invalid`, `policy-invalid`, … */
export async function enforceSignatures(requirements: readonly PolicyRequirement[], image: SignedImage): Promise<void> {
  for (const requirement of requirements) {
    const keys = keysOf(requirement, image.policyFile);
    const claims = requirement.type === "signedBy" ? await gpgClaims(keys, image) : await sigstoreClaims(keys, image);
    const fits = (claim: SignedClaims): boolean => image.digests.includes(claim.digest) && identityMatches(requirement.signedIdentity, image.used, claim.dockerReference);
    if (!claims.trusted.some(fits)) throw refusal(requirement, image, claims);
  }
}

interface Claims {
  /** What the policy's keys signed. */
  readonly trusted: readonly SignedClaims[];
  /** How many signatures there were at all. */
  readonly found: number;
}

function refusal(requirement: PolicyRequirement, image: SignedImage, { trusted, found }: Claims): CalaError {
  const name = formatReference(image.used);
  const rule = `the signature policy "${image.policyFile}" asks for "${requirement.type}"`;
  if (found === 0) return new CalaError("signature-missing", `image "${name}" has no signature, and ${rule}`);
  const [other] = trusted;
  if (other === undefined) return new CalaError("signature-invalid", `no signature of image "${name}" was made with a key that is trusted, and ${rule}`);
  return new CalaError("signature-invalid", `the signature of image "${name}" is for "${other.dockerReference}" with the digest "${other.digest}", and ${rule} for this image`);
}

function keysOf(requirement: PolicyRequirement, policyFile: string): Buffer[] {
  const files = requirement.keyPaths ?? (requirement.keyPath === undefined ? [] : [requirement.keyPath]);
  const data = requirement.keyDatas ?? (requirement.keyData === undefined ? [] : [requirement.keyData]);
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new CalaError("policy-invalid", `the key "${file}" of the signature policy "${policyFile}" cannot be read: ${reasonOf(error)}`, { cause: error });
    }
  };
  return [...files.map(read), ...data.map((text) => Buffer.from(text, "base64"))];
}

async function gpgClaims(keys: readonly Buffer[], image: SignedImage): Promise<Claims> {
  const [{ gpgVerifier }, { lookasideSignatures }] = await Promise.all([import("./gpg.ts"), import("./lookaside.ts")]);
  const base = await lookasideBase(scopesOfReference(image.place), image.env);
  const signatures: Buffer[] = [];
  for (const digest of new Set(image.digests)) signatures.push(...(await lookasideSignatures(base, image.place.path, digest, image.client.signal)));
  if (signatures.length === 0) return { trusted: [], found: 0 };
  const verifier = await gpgVerifier(keys, image.env);
  try {
    const trusted: SignedClaims[] = [];
    for (const signature of signatures) {
      const payload = await verifier.open(signature);
      const claims = payload === undefined ? undefined : parseClaims(payload, "gpg");
      if (claims !== undefined) trusted.push(claims);
    }
    return { trusted, found: signatures.length };
  } finally {
    verifier.close();
  }
}

async function sigstoreClaims(keys: readonly Buffer[], image: SignedImage): Promise<Claims> {
  const { attachedSignatures, isSignedBy, sigstoreKey } = await import("./sigstore.ts");
  const trustedKeys = keys.map(sigstoreKey);
  const trusted: SignedClaims[] = [];
  let found = 0;
  for (const digest of new Set(image.digests)) {
    for (const attachment of await attachedSignatures(image.client, image.place, digest)) {
      found += 1;
      const claims = trustedKeys.some((key) => isSignedBy(attachment, key)) ? parseClaims(attachment.payload, "sigstore") : undefined;
      if (claims !== undefined) trusted.push(claims);
    }
  }
  return { trusted, found };
}
