import { defineCommand } from "../command.ts";
import { flag, optionalArgument, value } from "../option.ts";

export const command = defineCommand({
  description: "Prints what a container wrote: its standard output to standard output, its standard error to standard error.",
  examples: ["cala logs web", "cala logs --follow --tail 10 web", "cala logs --since 10m --timestamps web"],
  arguments: { container: optionalArgument("CONTAINER", { complete: "containers" }) },
  options: {
    follow: flag("-f, --follow", "Go on as the container writes, until it ends"),
    latest: flag("-l, --latest", "The container that was created last"),
    names: flag("-n, --names", "Begin each line with the container's name"),
    since: value("--since", "TIME", "Only what was written after TIME: a timestamp, or a duration before now"),
    tail: value("--tail", "LINES", "Only the last LINES lines", { initial: "all" }),
    timestamps: flag("-t, --timestamps", "Begin each line with its time"),
    until: value("--until", "TIME", "Only what was written before TIME"),
  },
  async run({ options, args, context }) {
    const [{ becomeLogs }, { targetContainer }, { parseTime }, { parseTail }] = await Promise.all([
      import("../../core/container/logs.ts"), import("../target.ts"), import("../../core/base/time.ts"), import("../../core/container/logs.ts"),
    ]);
    const record = await targetContainer(context, args.container, options.latest);
    becomeLogs(context.engine, record, {
      follow: options.follow, timestamps: options.timestamps, names: options.names, tail: parseTail(options.tail),
      ...(options.since === undefined ? {} : { sinceMs: parseTime(options.since) }), ...(options.until === undefined ? {} : { untilMs: parseTime(options.until) }),
    });
  },
});
