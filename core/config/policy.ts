/** policy.json: which images may be used at all. Source: containers-policy.json(5). */
import { join } from "node:path";
import { CalaError } from "../base/error.ts";
import type { Environment } from "../dirs/dirs.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { formatReference, repositoryOf, type Reference } from "../oci/reference.ts";
import { systemContainersDir, userContainersDir } from "./places.ts";

/** One thing that an image must satisfy, as written in the file. */
export interface PolicyRequirement {
  readonly type: string;
  readonly keyType?: string;
  readonly keyPath?: string;
  readonly keyPaths?: readonly string[];
  /** Base64 of the key's file. */
  readonly keyData?: string;
  readonly keyDatas?: readonly string[];
  readonly signedIdentity?: Readonly<Record<string, unknown>>;
}

/** Requirements per transport and scope, and those for everything else. */
export interface Policy {
  /** The file it came from; empty where there is none and everything is accepted. */
  readonly file: string;
  readonly default: readonly PolicyRequirement[];
  readonly transports: Readonly<Record<string, Readonly<Record<string, readonly PolicyRequirement[]>>>>;
}

const acceptAll: readonly PolicyRequirement[] = [{ type: "insecureAcceptAnything" }];
const kinds = new Set(["insecureAcceptAnything", "reject", "signedBy", "sigstoreSigned"]);
const keyFields = ["keyPath", "keyPaths", "keyData", "keyDatas"] as const;
/** Ways of trust that need a certificate authority or a transparency log: an image for which they are asked is refused. */
const unsupportedFields = ["fulcio", "pki", "rekorPublicKeyPath", "rekorPublicKeyPaths", "rekorPublicKeyData", "rekorPublicKeyDatas"];

/** The user's policy, else the system's, else one that accepts everything. @throws CalaError `policy-invalid` */
export function loadPolicy(env: Environment = process.env, file?: string): Policy {
  const places = file === undefined ? [join(userContainersDir(env), "policy.json"), join(systemContainersDir, "policy.json")] : [file];
  for (const place of places) {
    const document = readJsonIfThere<Partial<Policy>>(place);
    if (document !== undefined) return checked(document, place);
  }
  if (file !== undefined) throw new CalaError("policy-invalid", `there is no signature policy "${file}"`);
  return { file: "", default: acceptAll, transports: {} };
}

function checked(document: Partial<Policy>, file: string): Policy {
  checkRequirements(document.default, `"default"`, file);
  for (const [transport, scopes] of Object.entries(document.transports ?? {})) {
    for (const [scope, requirements] of Object.entries(scopes)) checkRequirements(requirements, `"${scope}" of "${transport}"`, file);
  }
  return { file, default: document.default, transports: document.transports ?? {} };
}

function checkRequirements(value: unknown, where: string, file: string): asserts value is readonly PolicyRequirement[] {
  const wrong = (reason: string): CalaError => new CalaError("policy-invalid", `the file "${file}" is not a valid policy: ${where} ${reason}`, { hint: "see containers-policy.json(5)" });
  if (!Array.isArray(value) || value.length === 0) throw wrong("has no requirements");
  for (const entry of value as readonly unknown[]) {
    const requirement = (typeof entry === "object" && entry !== null ? entry : {}) as PolicyRequirement;
    if (!kinds.has(requirement.type)) throw wrong(`has a requirement of the unknown type "${String(requirement.type)}"`);
    if (requirement.type === "signedBy" && requirement.keyType !== "GPGKeys") throw wrong(`has a signedBy whose keyType is not "GPGKeys"`);
    if (requirement.type.includes("igned") && unsupportedField(requirement) === undefined && keyFields.filter((field) => requirement[field] !== undefined).length !== 1) throw wrong(`needs exactly one of ${keyFields.join(", ")} in its ${requirement.type}`);
  }
}

function unsupportedField(requirement: PolicyRequirement): string | undefined {
  return unsupportedFields.find((field) => field in requirement);
}

/** The scopes of an image in a registry, most specific first: the whole name, its repository, what is above, the host, `*.domain`. */
export function scopesOfReference(reference: Reference): string[] {
  const scopes = [formatReference(reference)];
  for (let name = repositoryOf(reference); name !== ""; name = name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "") scopes.push(name);
  const host = reference.domain.replace(/:\d+$/, "").split(".");
  for (let from = 1; from < host.length; from += 1) scopes.push(`*.${host.slice(from).join(".")}`);
  return scopes;
}

/** The scopes of an image in a directory (`oci`, `dir`), most specific first. */
export function scopesOfPath(path: string, name?: string): string[] {
  const scopes = name === undefined ? [] : [`${path}:${name}`];
  for (let at = path; at !== "" && at !== "/"; at = at.slice(0, at.lastIndexOf("/"))) scopes.push(at);
  return scopes;
}

/** The requirements for an image: the most specific scope wins, then the transport's own default (the empty scope), then the file's. */
export function requirementsFor(policy: Policy, transport: string, scopes: readonly string[]): readonly PolicyRequirement[] {
  const known = policy.transports[transport] ?? {};
  for (const scope of [...scopes, ""]) {
    const found = known[scope];
    if (found !== undefined) return found;
  }
  return policy.default;
}

/**
 * What is left to check of an image once it is known that the policy does not reject it: requirements of signatures, all of which must
 * hold. @throws CalaError `policy-rejected`, `policy-unsupported`
 */
export function signaturesAsked(policy: Policy, transport: string, scopes: readonly string[], name: string): readonly PolicyRequirement[] {
  const requirements = requirementsFor(policy, transport, scopes);
  if (requirements.some(({ type }) => type === "reject")) throw new CalaError("policy-rejected", `image "${name}" is rejected by the signature policy "${policy.file}"`);
  const unsupported = requirements.map(unsupportedField).find((field) => field !== undefined);
  if (unsupported !== undefined) {
    throw new CalaError("policy-unsupported", `the signature policy "${policy.file}" asks for "${unsupported}" for image "${name}", and cala checks sigstore signatures by a key only`, { hint: `give the scope a sigstoreSigned with keyPath in ${policy.file}` });
  }
  return requirements.filter(({ type }) => type !== "insecureAcceptAnything");
}

/** The same for what comes from this machine: archives and directories carry no signatures. @throws CalaError `policy-rejected` */
export function enforceLocalPolicy(policy: Policy, transport: string, scopes: readonly string[], name: string): void {
  const [asked] = signaturesAsked(policy, transport, scopes, name);
  if (asked === undefined) return;
  throw new CalaError("policy-rejected", `image "${name}" must satisfy "${asked.type}" by the signature policy "${policy.file}", and "${transport}" carries no signatures`, { hint: `allow "${transport}" in ${policy.file}` });
}
