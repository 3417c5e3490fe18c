import { CalaError } from "../base/error.ts";
import type { RegistryClient } from "./client.ts";
import { readBody } from "./http.ts";
import { listRepositories } from "./tags.ts";

/** One repository that a search found. */
export interface SearchResult {
  readonly index: string;
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly official: boolean;
  readonly automated: boolean;
}

const largestAnswerBytes = 8 * 2 ** 20;

/** Repositories whose name contains `term`: by the registry's search where it has one, else from its catalogue. @throws CalaError `registry-…` */
export async function searchRegistry(client: RegistryClient, term: string, limit: number): Promise<SearchResult[]> {
  const query = new URLSearchParams({ q: term, n: String(limit) });
  // Docker Hub searches at another address than it is pulled from.
  const base = client.host === "docker.io" ? "https://index.docker.io" : "";
  const response = await client.ask({ method: "GET", path: `${base}/v1/search?${query.toString()}`, scope: "" });
  if (response.status === 200) return fromSearch((await readBody(response, largestAnswerBytes)).toString("utf8"), client.host, limit);
  response.stream.resume();
  const names = (await listRepositories(client, 100_000)).filter((name) => name.includes(term)).slice(0, limit);
  return names.map((name) => ({ index: client.host, name: `${client.host}/${name}`, description: "", stars: 0, official: false, automated: false }));
}

function fromSearch(text: string, host: string, limit: number): SearchResult[] {
  let results: readonly Readonly<Record<string, unknown>>[] = [];
  try {
    const document = JSON.parse(text) as { readonly results?: typeof results };
    results = Array.isArray(document.results) ? document.results : [];
  } catch (error) {
    throw new CalaError("registry-answer-invalid", `the search of registry "${host}" did not answer with JSON`, { cause: error });
  }
  return results.slice(0, limit).map((entry) => {
    const name = String(entry["name"] ?? "");
    const path = host === "docker.io" && !name.includes("/") ? `library/${name}` : name;
    return {
      index: host, name: `${host}/${path}`, description: String(entry["description"] ?? ""),
      stars: Number(entry["star_count"] ?? 0) || 0, official: entry["is_official"] === true, automated: entry["is_automated"] === true,
    };
  });
}
