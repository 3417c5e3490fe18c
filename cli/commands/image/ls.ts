import { CalaError } from "../../../core/base/error.ts";
import type { Engine } from "../../../core/engine.ts";
import { defineCommand } from "../../command.ts";
import { flag, list, optionalArgument, value } from "../../option.ts";
import type { ListedImage } from "../../../core/image/list.ts";
import type { ImageRow } from "../../rows/image-rows.ts";
import { formatOption, renderReport } from "../../output/report.ts";

const sortKeys = ["created", "id", "repository", "size", "tag"];

export const command = defineCommand({
  description: "Lists images, newest first.",
  examples: ["cala images", "cala images --filter dangling=true", "cala images --format '{{.Repository}}:{{.Tag}} {{.Size}}' ubuntu"],
  arguments: { name: optionalArgument("IMAGE", { complete: "images", description: "A name or a pattern: only images that fit." }) },
  options: {
    all: flag("-a, --all", "Also nameless images that others are made from"),
    digests: flag("--digests", "Show digests"),
    filter: list("-f, --filter", "KEY=VALUE", "Only images that match; keys are before, since, until, dangling, digest, id, intermediate, containers, label, reference"),
    format: formatOption,
    history: flag("--history", "Show the names that each image has had"),
    noTrunc: flag("--no-trunc", "Do not shorten ids"),
    noheading: flag("-n, --noheading", "Leave the heading out"),
    quiet: flag("-q, --quiet", "Print ids only"),
    sort: value("--sort", "KEY", `Sort by ${sortKeys.join(", ")}`, { initial: "created", choices: sortKeys }),
    tree: flag("--tree", "Show the platforms of each image and which are here, as docker does; U: a container uses it"),
  },
  async run({ options, args, context }) {
    if (options.tree) refuseWithTree({ "--quiet": options.quiet, "--digests": options.digests, "--history": options.history, "--format": options.format !== undefined });
    const [{ imageEngine }, { listLocalImages }, { imageRows, imageDocuments, imageHeadings }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/list.ts"), import("../../rows/image-rows.ts")]);
    const images = await listLocalImages(imageEngine(context.engine), { all: options.all, filters: options.filter, ...(args.name === undefined ? {} : { name: args.name }) });
    if (options.sort === "size") images.sort((a, b) => a.image.sizeBytes - b.image.sizeBytes);
    if (options.sort === "id") images.sort(byText((listed) => listed.image.id));
    if (options.tree) return context.out.write(await treeOf(context.engine, images, options));
    const rows = imageRows(images, options.noTrunc);
    if (options.sort === "repository") rows.sort(byText((row) => `${row.Repository} ${row.Tag}`));
    if (options.sort === "tag") rows.sort(byText((row) => row.Tag));
    if (options.quiet && options.format === undefined) {
      for (const id of new Set(rows.map((row) => row.ID))) context.print(id);
      return;
    }
    const columns: (keyof ImageRow)[] = ["Repository", "Tag", ...(options.digests ? ["Digest" as const] : []), "ID", "Created", "Size", ...(options.history ? ["History" as const] : [])];
    context.out.write(renderReport({
      rows, documents: options.format?.trim() === "json" ? imageDocuments(images) : [], format: options.format, columns, headings: imageHeadings, noHeading: options.noheading,
    }));
  },
});

function byText<T>(key: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

function refuseWithTree(given: Readonly<Record<string, boolean>>): void {
  const other = Object.keys(given).find((name) => given[name] === true);
  if (other !== undefined) throw new CalaError("options-conflict", `${other} cannot be used together with --tree`);
}

/** As docker: what has no name is shown with --all only. */
async function treeOf(engine: Engine, images: readonly ListedImage[], options: { readonly all: boolean; readonly noTrunc: boolean; readonly noheading: boolean; readonly sort: string }): Promise<string> {
  const [{ imageEngine }, { platformTrees }, { renderTrees }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/platform-tree.ts"), import("../../rows/image-tree.ts")]);
  const trees = platformTrees(imageEngine(engine), images.filter(({ repoTags }) => options.all || repoTags.length > 0));
  if (options.sort === "repository") trees.sort(byText(({ names }) => names[0] ?? ""));
  if (options.sort === "tag") trees.sort(byText(({ names }) => names[0]?.replace(/^.*:/, "") ?? ""));
  return renderTrees(trees, { noTrunc: options.noTrunc, noHeading: options.noheading });
}
