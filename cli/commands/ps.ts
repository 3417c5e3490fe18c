import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { flag, list, value, wholeNumber, type OptionValues } from "../option.ts";
import { formatOption, renderReport } from "../output/report.ts";

const sortKeys = ["command", "created", "id", "image", "names", "runningfor", "size", "status"];

const psOptions = {
  all: flag("-a, --all", "Also those that do not run"),
  external: flag("--external", "Also containers of other tools on the same storage; as cala shares its storage with none, there are none"),
  filter: list("-f, --filter", "KEY=VALUE", "Only containers that match; keys are id, name, label, status, exited, ancestor, before, since, volume, network, publish, expose, until, command"),
  format: formatOption,
  last: value("-n, --last", "NUMBER", "The containers that were created last, whatever their status", { parse: wholeNumber(-1) }),
  latest: flag("-l, --latest", "The container that was created last"),
  namespace: flag("--namespace, --ns", "Show the namespaces of the containers' first processes"),
  noTrunc: flag("--no-trunc", "Do not shorten ids and commands"),
  noheading: flag("--noheading", "Leave the heading out"),
  pod: flag("-p, --pod", "Show the pods of the containers; empty for those in none"),
  quiet: flag("-q, --quiet", "Print ids only"),
  size: flag("-s, --size", "Show the size of what each container wrote"),
  sort: value("--sort", "KEY", `Sort by ${sortKeys.join(", ")}`, { initial: "created", choices: sortKeys }),
  sync: flag("--sync", "Look at the processes themselves for the state; cala always does"),
  watch: value("-w, --watch", "SECONDS", "Print the list anew every so many seconds", { parse: wholeNumber(1, 86_400) }),
} as const;

export const command = defineCommand({
  description: "Lists containers: those that run, or with --all every one.",
  examples: ["cala ps", "cala ps --all --filter status=exited", "cala ps --format '{{.Names}}\\t{{.Status}}'"],
  options: psOptions,
  async run({ options, context }) {
    if (options.watch === undefined) return await printList(options, context);
    const { setTimeout: sleep } = await import("node:timers/promises");
    while (!context.signal.aborted) {
      if (context.out.isTty) context.out.write("\u001b[H\u001b[2J");
      await printList(options, context);
      await sleep(options.watch * 1000, undefined, { signal: context.signal }).catch(() => undefined);
    }
  },
});

async function printList(options: OptionValues<typeof psOptions>, context: Context): Promise<void> {
  const [{ listContainers }, { filterPairs }, { containerRows, containerDocuments, rowColumns, rowHeadings }] = await Promise.all([
    import("../../core/container/list.ts"), import("../output/filter.ts"), import("../rows/container-rows.ts"),
  ]);
  const last = options.latest ? 1 : options.last !== undefined && options.last > 0 ? options.last : undefined;
  const views = listContainers(context.engine, { all: options.all || options.last !== undefined, filters: filterPairs(options.filter), ...(last === undefined ? {} : { last }) });
  const sizes = options.size ? await (await import("../../core/container/size.ts")).containerSizes(context.engine, views) : undefined;
  const plain = containerRows(views, { noTrunc: options.noTrunc, sort: options.sort, ...(sizes === undefined ? {} : { sizes }) });
  const namespaces = options.namespace ? await import("../rows/namespace-rows.ts") : undefined;
  const rows = namespaces === undefined ? plain : plain.map((row) => ({ ...row, ...namespaces.namespaceFields(row.Pid) }));
  if (options.quiet && options.format === undefined) {
    for (const row of rows) context.print(row.ID);
    return;
  }
  context.out.write(renderReport({
    rows, documents: options.format?.trim() === "json" ? containerDocuments(views) : [], format: options.format,
    columns: namespaces?.namespaceColumns ?? [...rowColumns, ...(options.pod ? ["Pod", "PodName"] : []), ...(options.size ? ["Size"] : [])], headings: rowHeadings, noHeading: options.noheading,
  }));
}
