import { CalaError } from "../../../core/base/error.ts";
import type { SearchResult } from "../../../core/registry/search.ts";
import { defineCommand } from "../../command.ts";
import { connectOf, credsOption, registryOptions } from "../../groups/registry-options.ts";
import { argument, flag, list, value, wholeNumber } from "../../option.ts";
import { formatOption, renderReport } from "../../output/report.ts";

const longestDescription = 44;

export const command = defineCommand({
  description: "Searches registries for images: the one named in front of the term, else the search registries. A registry without a search of its own is searched by its catalogue.",
  examples: ["cala search alpine", "cala search --limit 5 quay.io/fedora", "cala search --list-tags localhost:5000/team/app"],
  arguments: { term: argument("TERM") },
  options: {
    compatible: flag("--compatible", "Show stars, official and automated as docker does"),
    creds: credsOption,
    filter: list("-f, --filter", "KEY=VALUE", "Only results that match: is-official, is-automated, stars"),
    format: formatOption,
    limit: value("--limit", "NUMBER", "How many results per registry at most", { parse: wholeNumber(1, 1_000_000), initial: "25" }),
    listTags: flag("--list-tags", "List the tags of a repository"),
    noTrunc: flag("--no-trunc", "Do not shorten descriptions"),
    ...registryOptions,
  },
  async run({ options, args, context, given }) {
    const [{ connectRegistry }, { loadRegistriesConfig }, { splitName }] = await Promise.all([import("../../../core/registry/connect.ts"), import("../../../core/config/registries-conf.ts"), import("../../../core/oci/reference.ts")]);
    const slash = args.term.indexOf("/");
    const first = slash < 0 ? "" : args.term.slice(0, slash);
    const named = /[.:]/.test(first) || first === "localhost";
    const hosts = named ? [first] : (await loadRegistriesConfig(context.env)).searchRegistries;
    const connect = { env: context.env, ...connectOf(options), signal: context.signal };
    if (options.listTags) {
      const path = named ? splitName(args.term).path : args.term;
      return await listTagsOf(context.out, hosts[0] ?? "docker.io", path, connect, given.has("limit") ? options.limit : Infinity, options.format);
    }
    const { searchRegistry } = await import("../../../core/registry/search.ts");
    const results: SearchResult[] = [];
    for (const host of hosts) {
      const client = await connectRegistry(host, host, connect);
      try {
        results.push(...(await searchRegistry(client, named ? args.term.slice(slash + 1) : args.term, options.limit)));
      } finally {
        client.close();
      }
    }
    const rows = results.filter(fitsAll(options.filter)).map((result) => ({
      Index: result.index, Name: result.name, Description: options.noTrunc || result.description.length <= longestDescription ? result.description : `${result.description.slice(0, longestDescription)}...`,
      Stars: result.stars, Official: result.official ? "[OK]" : "", Automated: result.automated ? "[OK]" : "",
    }));
    if (rows.length === 0 && options.format === undefined) return 0;
    context.out.write(renderReport({ rows, format: options.format, columns: options.compatible ? ["Name", "Description", "Stars", "Official", "Automated"] : ["Name", "Description"], headings: {} }));
    return 0;
  },
});

type Connect = Parameters<typeof import("../../../core/registry/connect.ts").connectRegistry>[2];

async function listTagsOf(out: { write(text: string): void }, host: string, path: string, connect: Connect, limit: number, format: string | undefined): Promise<number> {
  const [{ connectRegistry }, { listTags }] = await Promise.all([import("../../../core/registry/connect.ts"), import("../../../core/registry/tags.ts")]);
  const full = host === "docker.io" && !path.includes("/") ? `library/${path}` : path;
  const client = await connectRegistry(host, `${host}/${full}`, connect);
  try {
    const tags = await listTags(client, full, limit);
    const rows = tags.map((tag) => ({ Name: `${host}/${full}`, Tag: tag }));
    out.write(renderReport({ rows, documents: [{ Name: `${host}/${full}`, Tags: tags }], format, columns: ["Name", "Tag"], headings: {} }));
    return 0;
  } finally {
    client.close();
  }
}

function fitsAll(filters: readonly string[]): (result: SearchResult) => boolean {
  const tests = filters.map((filter): ((result: SearchResult) => boolean) => {
    const [key = "", text = "true"] = filter.split("=");
    if (key === "stars") return (result) => result.stars >= Number(text);
    if (key === "is-official") return (result) => result.official === (text === "true");
    if (key === "is-automated") return (result) => result.automated === (text === "true");
    throw new CalaError("filter-invalid", `there is no filter "${key}" for search`, { hint: "use is-official, is-automated or stars" });
  });
  return (result) => tests.every((test) => test(result));
}
