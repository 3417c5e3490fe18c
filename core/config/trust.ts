/** `image trust`: policy.json as rows, and changed. Source: podman-image-trust(1), containers-policy.json(5). */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { CalaError } from "../base/error.ts";
import type { Environment } from "../dirs/dirs.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { writeAtomic } from "../fs/write-atomic.ts";
import { splitName } from "../oci/reference.ts";
import { userContainersDir } from "./places.ts";
import { loadPolicy, type Policy, type PolicyRequirement } from "./policy.ts";

/** One rule, as podman shows it. */
export interface TrustRow {
  /** `all`, `repository`, or the transport's name. */
  readonly transport: string;
  /** `default`, or the scope. */
  readonly name: string;
  /** `accept`, `reject`, `signed` or `sigstoreSigned`. */
  readonly type: string;
  /** Files of keys, or that they stand in the policy itself. */
  readonly keys: string;
}

/** What may be done with images of a scope. */
export type TrustType = "accept" | "reject" | "signedBy" | "sigstoreSigned";

const words: Readonly<Record<string, string>> = { insecureAcceptAnything: "accept", reject: "reject", signedBy: "signed", sigstoreSigned: "sigstoreSigned" };

/** The rules of the policy in use, the default first; with a registry or repository, those that its name begins with. @throws CalaError `policy-invalid` */
export function trustRows(env: Environment, about?: string): TrustRow[] {
  const policy = loadPolicy(env);
  const rows = policy.default.map((requirement) => rowOf("all", "default", requirement));
  for (const [transport, scopes] of Object.entries(policy.transports)) {
    for (const [scope, requirements] of Object.entries(scopes)) rows.push(...requirements.map((requirement) => rowOf(transport === "docker" ? "repository" : transport, scope === "" ? "default" : scope, requirement)));
  }
  return about === undefined ? rows : rows.filter(({ name }) => about === name || about.startsWith(`${name}/`) || about.startsWith(`${name}:`));
}

function rowOf(transport: string, name: string, requirement: PolicyRequirement): TrustRow {
  const files = [...(requirement.keyPath === undefined ? [] : [requirement.keyPath]), ...(requirement.keyPaths ?? [])];
  const inline = requirement.keyData !== undefined || requirement.keyDatas !== undefined ? ["(in the policy)"] : [];
  return { transport, name, type: words[requirement.type] ?? requirement.type, keys: [...files, ...inline].join(",") };
}

/** The text of the policy in use. @throws CalaError `policy-missing` */
export function policyText(env: Environment): string {
  const { file } = loadPolicy(env);
  const text = file === "" ? undefined : readTextIfThere(file);
  if (text === undefined) throw new CalaError("policy-missing", "there is no policy.json: every image is accepted", { hint: "cala image trust set --type reject default" });
  return text;
}

/**
 * Writes a rule into the user's policy.json, which begins as the system's where there is none yet.
 * @returns the file
 * @throws CalaError `trust-invalid`, `policy-invalid`
 */
export function setTrust(env: Environment, scope: string, type: TrustType, keyFiles: readonly string[]): string {
  const requirements = requirementsOf(type, keyFiles);
  const { file: _file, ...policy } = loadPolicy(env);
  const changed: Omit<Policy, "file"> = scope === "default" ? { ...policy, default: requirements } : { ...policy, transports: { ...policy.transports, docker: { ...policy.transports["docker"], [checkedScope(scope)]: requirements } } };
  const file = join(userContainersDir(env), "policy.json");
  writeAtomic(file, `${JSON.stringify(changed, undefined, 2)}\n`, { mode: 0o644 });
  return file;
}

function requirementsOf(type: TrustType, keyFiles: readonly string[]): PolicyRequirement[] {
  const signed = type === "signedBy" || type === "sigstoreSigned";
  if (signed !== keyFiles.length > 0) throw new CalaError("trust-invalid", signed ? `--type ${type} needs --pubkeysfile` : `--pubkeysfile cannot be used with --type ${type}`);
  const missing = keyFiles.find((path) => !existsSync(path));
  if (missing !== undefined) throw new CalaError("trust-invalid", `there is no key file "${missing}"`);
  if (type === "accept") return [{ type: "insecureAcceptAnything" }];
  if (type === "reject") return [{ type: "reject" }];
  return keyFiles.map((path) => (type === "signedBy" ? { type, keyType: "GPGKeys", keyPath: resolve(path) } : { type, keyPath: resolve(path) }));
}

/** A host, a repository or a whole name. */
function checkedScope(scope: string): string {
  if (/^[a-z0-9*][a-z0-9.-]*(?::\d+)?$/i.test(scope)) return scope;
  splitName(scope);
  return scope;
}
