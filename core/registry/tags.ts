import { CalaError } from "../base/error.ts";
import type { RegistryClient } from "./client.ts";
import { statusError } from "./errors.ts";
import { readBody } from "./http.ts";
import { pullScope } from "./manifests.ts";

const largestPageBytes = 8 * 2 ** 20;
const mostPages = 1000;

/** All tags of a repository, page by page. @throws CalaError `repository-unknown`, `registry-…` */
export async function listTags(client: RegistryClient, path: string, limit = Infinity): Promise<string[]> {
  const tags: string[] = [];
  let next: string | undefined = `/v2/${path}/tags/list`;
  for (let page = 0; next !== undefined && tags.length < limit; page += 1) {
    if (page >= mostPages) throw new CalaError("registry-answer-invalid", `registry "${client.host}" lists the tags of "${path}" without end`);
    const response = await client.ask({ method: "GET", path: next, scope: pullScope(path) });
    if (response.status === 404) throw new CalaError("repository-unknown", `there is no repository "${path}" in registry "${client.host}"`);
    if (response.status !== 200) throw await statusError(client.host, `list the tags of "${path}"`, response);
    const document = parse((await readBody(response, largestPageBytes)).toString("utf8"));
    tags.push(...strings(document["tags"]));
    next = nextPage(response.headers["link"]);
  }
  return tags.slice(0, limit);
}

/** Repositories that a registry lists (`_catalog`), at most `limit`. @throws CalaError `registry-…` */
export async function listRepositories(client: RegistryClient, limit: number): Promise<string[]> {
  const found: string[] = [];
  let next: string | undefined = "/v2/_catalog?n=1000";
  for (let page = 0; next !== undefined && page < mostPages && found.length < limit; page += 1) {
    const response = await client.ask({ method: "GET", path: next, scope: "registry:catalog:*" });
    if (response.status !== 200) throw await statusError(client.host, "list its repositories", response);
    found.push(...strings(parse((await readBody(response, largestPageBytes)).toString("utf8"))["repositories"]));
    next = nextPage(response.headers["link"]);
  }
  return found.slice(0, limit);
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch (error) {
    throw new CalaError("registry-answer-invalid", "the registry's list is not JSON", { cause: error });
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** The path of the next page in a Link header (RFC 8288); the host in it is not believed. */
function nextPage(link: string | string[] | undefined): string | undefined {
  const match = /<([^>]+)>\s*;[^,]*rel="?next"?/i.exec(Array.isArray(link) ? link.join(",") : link ?? "");
  if (match?.[1] === undefined || !URL.canParse(match[1], "http://registry")) return undefined;
  const url = new URL(match[1], "http://registry");
  return url.pathname + url.search;
}
