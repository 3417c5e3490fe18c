import { defineCommand } from "../command.ts";
import { flag, list, value, wholeNumber } from "../option.ts";
import { formatOption, renderReport } from "../output/report.ts";

const sortKeys = ["command", "created", "id", "image", "names", "runningfor", "size", "status"];

export const command = defineCommand({
  description: "Lists containers: those that run, or with --all every one.",
  examples: ["cala ps", "cala ps --all --filter status=exited", "cala ps --format '{{.Names}}\\t{{.Status}}'"],
  options: {
    all: flag("-a, --all", "Also those that do not run"),
    external: flag("--external", "Also containers of other tools on the same storage; cala shares its storage with none", { hidden: true }),
    filter: list("-f, --filter", "KEY=VALUE", "Only containers that match; keys are id, name, label, status, exited, ancestor, before, since, volume, network, publish, expose, until, command"),
    format: formatOption,
    last: value("-n, --last", "NUMBER", "The containers that were created last, whatever their status", { parse: wholeNumber(-1) }),
    latest: flag("-l, --latest", "The container that was created last"),
    noTrunc: flag("--no-trunc", "Do not shorten ids and commands"),
    noheading: flag("--noheading", "Leave the heading out"),
    quiet: flag("-q, --quiet", "Print ids only"),
    size: flag("-s, --size", "Show the size of what each container wrote"),
    sort: value("--sort", "KEY", `Sort by ${sortKeys.join(", ")}`, { initial: "created", choices: sortKeys }),
  },
  async run({ options, context }) {
    const [{ listContainers }, { filterPairs }, { containerRows, containerDocuments, rowColumns, rowHeadings }] = await Promise.all([
      import("../../core/container/list.ts"), import("../output/filter.ts"), import("../rows/container-rows.ts"),
    ]);
    const last = options.latest ? 1 : options.last !== undefined && options.last > 0 ? options.last : undefined;
    const views = listContainers(context.engine, { all: options.all || options.last !== undefined, filters: filterPairs(options.filter), ...(last === undefined ? {} : { last }) });
    const sizes = options.size ? await (await import("../../core/container/size.ts")).containerSizes(context.engine, views) : undefined;
    const rows = containerRows(views, { noTrunc: options.noTrunc, sort: options.sort, ...(sizes === undefined ? {} : { sizes }) });
    if (options.quiet && options.format === undefined) {
      for (const row of rows) context.print(row.ID);
      return;
    }
    context.out.write(renderReport({
      rows, documents: options.format?.trim() === "json" ? containerDocuments(views) : [], format: options.format,
      columns: options.size ? [...rowColumns, "Size"] : rowColumns, headings: rowHeadings, noHeading: options.noheading,
    }));
  },
});
