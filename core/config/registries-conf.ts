/** registries.conf: short names, mirrors, blocked and insecure registries. Source: containers-registries.conf(5), version 2. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { CalaError, messageOf } from "../base/error.ts";
import { resolveDirs, type Environment } from "../dirs/dirs.ts";
import { registriesCacheFile } from "../dirs/paths.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { formatReference, repositoryOf, splitName, withDefaults, type Reference } from "../oci/reference.ts";
import { homeOf, listDir, systemContainersDir, userContainersDir } from "./places.ts";

/** A place that has copies. */
export interface MirrorRule {
  readonly location: string;
  readonly insecure: boolean;
  readonly pullFrom: "all" | "digest-only" | "tag-only";
}

/** What the files say of one registry or part of it. */
export interface RegistryRule {
  /** `host`, `host/namespace`, a whole reference, or `*.host`. */
  readonly prefix: string;
  readonly location: string;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrors: readonly MirrorRule[];
}

/** All files together. */
export interface RegistriesConfig {
  /** Tried in order for a short name without alias. */
  readonly searchRegistries: readonly string[];
  readonly aliases: ReadonlyMap<string, string>;
  readonly rules: readonly RegistryRule[];
  readonly credentialHelpers: readonly string[];
}

/** One place to pull from, in the order to try. */
export interface PullSource {
  readonly reference: Reference;
  readonly insecure: boolean;
  readonly isMirror: boolean;
}

type Table = Readonly<Record<string, unknown>>;

/**
 * Reads the user's or else the system's registries.conf and all drop-ins (system first, so that the user's win). Where
 * nobody names a search registry, short names are Docker Hub's, as users of docker expect.
 * @throws CalaError `config-invalid`
 */
export async function loadRegistriesConfig(env: Environment = process.env): Promise<RegistriesConfig> {
  const override = env["CONTAINERS_REGISTRIES_CONF"];
  const files = override !== undefined && override !== "" ? [override] : configFiles(env);
  const key = JSON.stringify(files.map((file) => [file, stampOf(file)]));
  const cacheFile = registriesCacheFile(resolveDirs(env));
  const cached = readCache(cacheFile, key);
  if (cached !== undefined) return cached;
  let config: RegistriesConfig = { searchRegistries: [], aliases: new Map(), rules: [], credentialHelpers: [] };
  for (const file of files) {
    const text = readTextIfThere(file);
    if (text !== undefined) config = merge(config, await parseRegistriesConfig(text, file));
  }
  if (config.searchRegistries.length === 0) config = { ...config, searchRegistries: ["docker.io"] };
  writeCache(cacheFile, key, config);
  return config;
}

/** What tells that a file has changed; empty for a missing one. */
function stampOf(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}

/** Parsing the files takes 4 ms, a tenth of what a whole `run` may take; reading what it came to takes almost nothing. */
function readCache(file: string, key: string): RegistriesConfig | undefined {
  try {
    const cached = JSON.parse(readTextIfThere(file) ?? "{}") as { readonly key?: string; readonly config?: RegistriesConfig; readonly aliases?: [string, string][] };
    return cached.key === key && cached.config !== undefined ? { ...cached.config, aliases: new Map(cached.aliases) } : undefined;
  } catch {
    // A damaged cache is no cache.
    return undefined;
  }
}

function writeCache(file: string, key: string, config: RegistriesConfig): void {
  try {
    writeJson(file, { key, config, aliases: [...config.aliases] });
  } catch {
    // Without a cache it only takes longer.
  }
}

function configFiles(env: Environment): string[] {
  const user = userContainersDir(env);
  const main = existsSync(join(user, "registries.conf")) ? user : systemContainersDir;
  const dropIns = [systemContainersDir, user].flatMap((dir) => {
    const folder = join(dir, "registries.conf.d");
    return listDir(folder).filter((name) => name.endsWith(".conf")).map((name) => join(folder, name));
  });
  // Where podman keeps what its user chose once for a short name.
  return [join(main, "registries.conf"), ...dropIns, join(homeOf(env), ".cache", "containers", "short-name-aliases.conf")];
}

function merge(base: RegistriesConfig, added: RegistriesConfig): RegistriesConfig {
  const prefixes = new Set(added.rules.map((rule) => rule.prefix));
  return {
    searchRegistries: added.searchRegistries.length > 0 ? added.searchRegistries : base.searchRegistries,
    aliases: new Map([...new Map([...base.aliases, ...added.aliases])].filter(([, target]) => target !== "")),
    rules: [...base.rules.filter((rule) => !prefixes.has(rule.prefix)), ...added.rules],
    credentialHelpers: added.credentialHelpers.length > 0 ? added.credentialHelpers : base.credentialHelpers,
  };
}

/** One file's text. @throws CalaError `config-invalid` */
export async function parseRegistriesConfig(text: string, file: string): Promise<RegistriesConfig> {
  // Most files say nothing; the parser is not loaded for them.
  if (!/^\s*[^#\s]/m.test(text)) return { searchRegistries: [], aliases: new Map(), rules: [], credentialHelpers: [] };
  const { parse } = await import("smol-toml");
  let document: Table;
  try {
    document = parse(text) as Table;
  } catch (error) {
    throw new CalaError("config-invalid", `the file "${file}" is not valid TOML: ${messageOf(error)}`, { cause: error });
  }
  const aliases = table(document["aliases"]);
  const search = strings(document["unqualified-search-registries"]);
  return {
    searchRegistries: search.length > 0 ? search : strings(table(table(document["registries"])["search"])["registries"]),
    aliases: new Map(Object.entries(aliases).filter((entry): entry is [string, string] => typeof entry[1] === "string")),
    rules: [...oldRules(table(document["registries"])), ...list(document["registry"]).map((entry) => ruleFrom(entry, file))],
    credentialHelpers: strings(document["credential-helpers"]),
  };
}

/** The lists of version 1: `[registries.insecure]` and `[registries.block]`. */
function oldRules(registries: Table): RegistryRule[] {
  const named = (section: string): string[] => strings(table(registries[section])["registries"]);
  const blocked = new Set(named("block"));
  const insecure = new Set(named("insecure"));
  return [...new Set([...blocked, ...insecure])].map((prefix) => ({ prefix, location: prefix, insecure: insecure.has(prefix), blocked: blocked.has(prefix), mirrors: [] }));
}

function table(value: unknown): Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Table) : {};
}

function list(value: unknown): Table[] {
  return Array.isArray(value) ? value.map(table) : [];
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function ruleFrom(entry: Table, file: string): RegistryRule {
  const location = typeof entry["location"] === "string" ? entry["location"] : "";
  const prefix = typeof entry["prefix"] === "string" && entry["prefix"] !== "" ? entry["prefix"] : location;
  if (prefix === "") throw new CalaError("config-invalid", `the file "${file}" has a registry with neither prefix nor location`);
  if (location === "" && !prefix.startsWith("*.") && entry["blocked"] !== true && entry["mirror"] === undefined && entry["insecure"] === undefined) {
    throw new CalaError("config-invalid", `the file "${file}" gives the registry "${prefix}" no location`);
  }
  const digestOnly = entry["mirror-by-digest-only"] === true;
  return {
    prefix, location, insecure: entry["insecure"] === true, blocked: entry["blocked"] === true,
    mirrors: list(entry["mirror"]).map((mirror) => mirrorFrom(mirror, digestOnly, file)),
  };
}

function mirrorFrom(entry: Table, digestOnly: boolean, file: string): MirrorRule {
  if (typeof entry["location"] !== "string" || entry["location"] === "") throw new CalaError("config-invalid", `the file "${file}" has a mirror without location`);
  const from = entry["pull-from-mirror"];
  const pullFrom = from === "digest-only" || from === "tag-only" ? from : digestOnly ? "digest-only" : "all";
  return { location: entry["location"], insecure: entry["insecure"] === true, pullFrom };
}

/** The rule with the longest prefix that fits a reference. */
export function findRule(config: RegistriesConfig, reference: Reference): RegistryRule | undefined {
  const fitting = config.rules.filter((rule) => prefixFits(rule.prefix, reference));
  return fitting.sort((a, b) => b.prefix.length - a.prefix.length)[0];
}

/** Whether a host as such is marked insecure: for commands that talk to a registry and not of an image. */
export function isInsecureHost(config: RegistriesConfig, host: string): boolean {
  return config.rules.some((rule) => rule.insecure && (rule.prefix === host || rule.location === host));
}

function prefixFits(prefix: string, reference: Reference): boolean {
  if (prefix.startsWith("*.")) {
    const host = reference.domain.replace(/:\d+$/, "");
    return host.endsWith(prefix.slice(1)) || repositoryOf(reference).split("/")[0] === prefix.slice(2);
  }
  const full = formatReference(reference);
  if (!full.startsWith(prefix)) return false;
  const next = full.charAt(prefix.length);
  // A host's port is not a separator: `localhost` must not fit `localhost:5000`.
  return next === "" || next === "/" || (prefix.includes("/") && (next === ":" || next === "@"));
}

/**
 * The places to pull `reference` from: mirrors first, then the registry itself at its real location.
 * @throws CalaError `registry-blocked`
 */
export function pullSources(config: RegistriesConfig, reference: Reference): PullSource[] {
  const rule = findRule(config, reference);
  if (rule === undefined) return [{ reference, insecure: false, isMirror: false }];
  if (rule.blocked) {
    throw new CalaError("registry-blocked", `registry "${rule.prefix}" is blocked by registries.conf, so "${formatReference(reference)}" cannot be used`);
  }
  const pinnedByDigest = reference.digest !== undefined;
  const mirrors = rule.mirrors
    .filter((mirror) => mirror.pullFrom === "all" || (mirror.pullFrom === "digest-only") === pinnedByDigest)
    .map((mirror) => ({ reference: rewrite(reference, rule.prefix, mirror.location), insecure: mirror.insecure, isMirror: true }));
  return [...mirrors, { reference: rewrite(reference, rule.prefix, rule.location), insecure: rule.insecure, isMirror: false }];
}

function rewrite(reference: Reference, prefix: string, location: string): Reference {
  if (location === "" || location === prefix) return reference;
  const full = formatReference(reference);
  const text = prefix.startsWith("*.") ? location + full.slice(reference.domain.length) : location + full.slice(prefix.length);
  const parts = splitName(text.includes("/") ? text : `${text}/`);
  // What is written in the file is taken as it is: no `library/` is put in.
  return parts.domain === undefined ? withDefaults(parts, "docker.io") : { domain: parts.domain, path: parts.path, ...tagAndDigest(reference) };
}

function tagAndDigest(reference: Reference): Pick<Reference, "tag" | "digest"> {
  return { ...(reference.tag === undefined ? {} : { tag: reference.tag }), ...(reference.digest === undefined ? {} : { digest: reference.digest }) };
}
