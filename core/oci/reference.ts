/**
 * Image names. Grammar: distribution/reference "Grammar" (docker reference syntax):
 * `[domain/]path[:tag][@digest]`, at most 255 characters before the tag, tags of at most 128.
 */
import { CalaError } from "../base/error.ts";
import { isDigest, type Digest } from "./digest.ts";

/** A name that says where the image lives. */
export interface Reference {
  /** Host and port: `docker.io`, `127.0.0.1:5000`, `localhost`. */
  readonly domain: string;
  /** `library/ubuntu`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^[\w][\w.-]{0,127}$/;
const domainLabel = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domainPattern = new RegExp(`^(?:${domainLabel}(?:\\.${domainLabel})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`);
const longestName = 255;
const defaultDomain = "docker.io";

function invalid(text: string, reason: string, hint?: string): CalaError {
  return new CalaError("reference-invalid", `image name "${text.slice(0, 300)}" is not valid: ${reason}`, hint === undefined ? {} : { hint });
}

/** The parts of a name as typed, before any default is filled in. */
export interface NameParts {
  /** Absent for a short name. */
  readonly domain?: string;
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/**
 * Splits a name as typed. The first component is a host only when it contains a dot or a colon or is `localhost`.
 * @throws CalaError `reference-invalid`
 */
export function splitName(text: string): NameParts {
  if (text === "") throw invalid(text, "it is empty");
  if (/^[0-9a-f]{64}$/.test(text)) throw invalid(text, "64 hexadecimal digits are an image id, not a name");
  const { rest, digest } = cutDigest(text);
  const { name, tag } = cutTag(rest, text);
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const hasDomain = slash >= 0 && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  if (hasDomain && !domainPattern.test(first)) throw invalid(text, `"${first}" is not a registry host`);
  const path = hasDomain ? name.slice(slash + 1) : name;
  checkPath(path, text);
  if (name.length > longestName) throw invalid(text, `it is longer than ${longestName} characters`);
  return { path, ...(hasDomain ? { domain: first } : {}), ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

function cutDigest(text: string): { readonly rest: string; readonly digest?: Digest } {
  const at = text.indexOf("@");
  if (at < 0) return { rest: text };
  const digest = text.slice(at + 1);
  if (!isDigest(digest)) throw invalid(text, `"${digest.slice(0, 100)}" is not a digest`, "a digest is sha256: and 64 hexadecimal digits");
  return { rest: text.slice(0, at), digest };
}

function cutTag(rest: string, text: string): { readonly name: string; readonly tag?: string } {
  const colon = rest.lastIndexOf(":");
  if (colon < 0 || colon < rest.lastIndexOf("/")) return { name: rest };
  const tag = rest.slice(colon + 1);
  if (!tagPattern.test(tag)) throw invalid(text, `"${tag.slice(0, 140)}" is not a tag`, "a tag has at most 128 letters, digits, dots, dashes and underscores");
  return { name: rest.slice(0, colon), tag };
}

function checkPath(path: string, text: string): void {
  for (const component of path.split("/")) {
    if (pathComponent.test(component)) continue;
    if (component !== component.toLowerCase()) throw invalid(text, "the repository name must be lower case", `use ${text.toLowerCase()}`);
    throw invalid(text, component === "" ? "a part of it is empty" : `"${component}" may only have letters, digits and single separators between them`);
  }
}

/**
 * A full reference: `ubuntu` is `docker.io/library/ubuntu:latest`. Neither tag nor digest means the tag `latest`.
 * @throws CalaError `reference-invalid`
 */
export function parseReference(text: string): Reference {
  return withDefaults(splitName(text), defaultDomain);
}

/** A reference from parts, with `domain` for a short name and `latest` where there is neither tag nor digest. */
export function withDefaults(parts: NameParts, domain: string): Reference {
  const host = parts.domain === "index.docker.io" ? defaultDomain : parts.domain ?? domain;
  const path = host === defaultDomain && !parts.path.includes("/") ? `library/${parts.path}` : parts.path;
  const tag = parts.tag ?? (parts.digest === undefined ? "latest" : undefined);
  return { domain: host, path, ...(tag === undefined ? {} : { tag }), ...(parts.digest === undefined ? {} : { digest: parts.digest }) };
}

/** The full text: `docker.io/library/ubuntu:latest`. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${repositoryOf(reference)}${tag}${digest}`;
}

/** The name without tag and digest: `docker.io/library/ubuntu`. */
export function repositoryOf(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** As docker shows it: `ubuntu:22.04` for `docker.io/library/ubuntu:22.04`. */
export function familiarName(reference: Reference): string {
  const full = formatReference(reference);
  const hub = `${defaultDomain}/`;
  if (!full.startsWith(hub)) return full;
  const short = full.slice(hub.length);
  return short.startsWith("library/") && !short.slice("library/".length).includes("/") ? short.slice("library/".length) : short;
}

/** The same repository pinned to a digest, without the tag. */
export function pinned(reference: Reference, digest: Digest): Reference {
  return { domain: reference.domain, path: reference.path, digest };
}
