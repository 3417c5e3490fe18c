import { CalaError } from "../../core/base/error.ts";
import { defineCommand } from "../command.ts";
import { flag, rest, value } from "../option.ts";

export const command = defineCommand({
  description: "Prints what containers wrote: their standard output to standard output, their standard error to standard error. Lines of several containers begin with their ids.",
  examples: ["cala logs web", "cala logs --follow --names --color web db", "cala logs --follow --tail 10 web", "cala logs --since 10m --timestamps web"],
  arguments: { containers: rest("CONTAINER", { complete: "containers" }) },
  options: {
    color: flag("--color", "Show the names, or the ids, of different containers in different colors"),
    follow: flag("-f, --follow", "Go on as the container writes, until it ends"),
    latest: flag("-l, --latest", "The container that was created last"),
    names: flag("-n, --names", "Tell the lines of several containers apart by names instead of ids"),
    since: value("--since", "TIME", "Only what was written after TIME: a timestamp, or a duration before now"),
    tail: value("--tail", "LINES", "Only the last LINES lines", { initial: "all" }),
    timestamps: flag("-t, --timestamps", "Begin each line with its time"),
    until: value("--until", "TIME", "Only what was written before TIME"),
  },
  async run({ options, args, context }) {
    const [{ printLogs, parseTail }, { targetContainer }, { parseTime }] = await Promise.all([import("../../core/container/logs.ts"), import("../target.ts"), import("../../core/base/time.ts")]);
    if (options.latest && args.containers.length > 0) throw new CalaError("arguments-conflict", "no name can be given with --latest");
    const names = args.containers.length === 0 ? [undefined] : args.containers;
    const records = await Promise.all(names.map(async (name) => await targetContainer(context, name, options.latest)));
    return await printLogs(context.engine, records, {
      follow: options.follow, timestamps: options.timestamps, names: options.names, color: options.color, tail: parseTail(options.tail),
      ...(options.since === undefined ? {} : { sinceMs: parseTime(options.since) }), ...(options.until === undefined ? {} : { untilMs: parseTime(options.until) }),
    });
  },
});
