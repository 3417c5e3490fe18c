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
  readonly keyData?: string;
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

/** The user's policy, else the system's, else one that accepts everything. @throws CalaError `policy-invalid` */
export function loadPolicy(env: Environment = process.env, file?: string): Policy {
  const places = file === undefined ? [join(userContainersDir(env), "policy.json"), join(systemContainersDir, "policy.json")] : [file];
  for (const place of places) {
    const document = readJsonIfThere<Partial<Policy>>(place);
    if (document === undefined) continue;
    if (!isRequirements(document.default)) throw new CalaError("policy-invalid", `the file "${place}" has no valid "default" requirements`, { hint: "see containers-policy.json(5)" });
    return { file: place, default: document.default, transports: document.transports ?? {} };
  }
  if (file !== undefined) throw new CalaError("policy-invalid", `there is no signature policy "${file}"`);
  return { file: "", default: acceptAll, transports: {} };
}

function isRequirements(value: unknown): value is readonly PolicyRequirement[] {
  return Array.isArray(value) && value.length > 0 && value.every((entry) => typeof (entry as { type?: unknown } | null)?.type === "string");
}

/** The requirements for an image from a registry: the most specific scope wins. */
export function requirementsFor(policy: Policy, transport: string, reference: Reference): readonly PolicyRequirement[] {
  const scopes = policy.transports[transport] ?? {};
  for (const scope of scopesOf(reference)) {
    const found = scopes[scope];
    if (found !== undefined) return found;
  }
  return policy.default;
}

function scopesOf(reference: Reference): string[] {
  const scopes = [formatReference(reference)];
  for (let name = repositoryOf(reference); name !== ""; name = name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "") scopes.push(name);
  const host = reference.domain.replace(/:\d+$/, "").split(".");
  for (let from = 1; from < host.length; from += 1) scopes.push(`*.${host.slice(from).join(".")}`);
  return [...scopes, ""];
}

/**
 * Lets an image pass or not, before anything of it is stored. A requirement that cannot be checked here refuses: an image
 * is never accepted because a check is missing.
 * @throws CalaError `policy-rejected`, `policy-unsupported`
 */
export function enforcePolicy(policy: Policy, transport: string, reference: Reference): void {
  for (const requirement of requirementsFor(policy, transport, reference)) {
    if (requirement.type === "insecureAcceptAnything") continue;
    const name = formatReference(reference);
    if (requirement.type === "reject") throw new CalaError("policy-rejected", `image "${name}" is rejected by the signature policy "${policy.file}"`);
    throw new CalaError("policy-unsupported", `image "${name}" must satisfy "${requirement.type}" by the policy "${policy.file}", and cala cannot check that yet`, { hint: "allow the image in policy.json, or use another registry" });
  }
}
