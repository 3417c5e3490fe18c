/** Whether the name that was signed may stand for the name that is used. Source: containers-policy.json(5), "signedIdentity". */
import { CalaError } from "../../base/error.ts";
import { formatReference, parseReference, repositoryOf, splitName, withDefaults, type Reference } from "../../oci/reference.ts";

type Identity = Readonly<Record<string, unknown>>;
type Match = (used: Reference, signed: Reference, identity: Identity) => boolean;

const matchRepository: Match = (used, signed) => repositoryOf(used) === repositoryOf(signed);
const matchExact: Match = (used, signed) => (signed.tag !== undefined || signed.digest !== undefined) && formatReference(used) === formatReference(signed);
/** A name with a digest says nothing of a tag, so only the repository can be compared. */
const matchRepoDigestOrExact: Match = (used, signed) => (used.digest === undefined ? matchExact : matchRepository)(used, signed, {});

const matches: Readonly<Record<string, Match>> = {
  matchExact, matchRepository, matchRepoDigestOrExact,
  exactReference: (_used, signed, identity) => matchExact(parseReference(text(identity, "dockerReference")), signed, {}),
  exactRepository: (_used, signed, identity) => matchRepository(parseReference(text(identity, "dockerRepository")), signed, {}),
  remapIdentity: (used, signed, identity) => matchRepoDigestOrExact(remapped(used, text(identity, "prefix"), text(identity, "signedPrefix")), signed, {}),
};

/**
 * Compares by the identity of a requirement; `matchRepoDigestOrExact` unless it names another one.
 * @param signed as the signature has it; a name without a tag stays without
 * @throws CalaError `policy-invalid`
 */
export function identityMatches(identity: Identity | undefined, used: Reference, signed: string): boolean {
  const match = matches[identity === undefined ? "matchRepoDigestOrExact" : String(identity["type"])];
  if (match === undefined) throw new CalaError("policy-invalid", `the signature policy has a signedIdentity of the unknown type "${String(identity?.["type"])}"`, { hint: "see containers-policy.json(5)" });
  const reference = withoutDefaultTag(signed);
  return reference !== undefined && match(used, reference, identity ?? {});
}

function withoutDefaultTag(name: string): Reference | undefined {
  try {
    const parts = splitName(name);
    const full = withDefaults(parts, "docker.io");
    return { domain: full.domain, path: full.path, ...(parts.tag === undefined ? {} : { tag: parts.tag }), ...(parts.digest === undefined ? {} : { digest: parts.digest }) };
  } catch {
    return undefined;
  }
}

function text(identity: Identity, key: string): string {
  const value = identity[key];
  if (typeof value === "string" && value !== "") return value;
  throw new CalaError("policy-invalid", `the signature policy has a signedIdentity of the type "${String(identity["type"])}" without "${key}"`);
}

function remapped(used: Reference, prefix: string, signedPrefix: string): Reference {
  const full = formatReference(used);
  const rest = full.slice(prefix.length);
  if (!full.startsWith(prefix) || !/^([/:@]|$)/.test(rest)) return used;
  return parseReference(signedPrefix + rest);
}
