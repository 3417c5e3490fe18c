import { defineCommand } from "../command.ts";
import { flag, list, value } from "../option.ts";

export const command = defineCommand({
  description: "Prints what happens to containers, images, volumes and networks, as it happens. Without --since, what happened before is left out.",
  examples: ["cala events", "cala events --since 1h --stream=false", "cala events --filter event=died --format '{{.Name}} {{.ContainerExitCode}}'"],
  options: {
    filter: list("-f, --filter", "KEY=VALUE", "Only events that match; keys are container, event, image, label, network, pod, type and volume"),
    format: value("--format", "FORMAT", "Print with a Go template, or as json, one object a line"),
    noTrunc: flag("--no-trunc", "Do not shorten ids", { initial: true }),
    since: value("--since", "TIME", "Also what happened after TIME: a timestamp, or a duration before now"),
    stream: flag("--stream", "Go on as things happen; with =false, end after those that have happened", { initial: true }),
    until: value("--until", "TIME", "End at TIME: a timestamp, or a duration from now"),
  },
  async run({ options, context }) {
    const [{ readEvents }, { filterPairs }, { parseTime }, { eventPrinter }, { parseMoment }] = await Promise.all([
      import("../../core/event/read.ts"), import("../output/filter.ts"), import("../../core/base/time.ts"), import("../rows/event-rows.ts"), import("../../core/base/time.ts"),
    ]);
    const print = eventPrinter(options.format, options.noTrunc);
    const events = readEvents(context.engine.dirs, {
      filters: filterPairs(options.filter), stream: options.stream,
      ...(options.since === undefined ? {} : { sinceMs: parseTime(options.since) }),
      ...(options.until === undefined ? {} : { untilMs: parseMoment(options.until) }),
      ...(options.stream ? { signal: context.signal } : {}),
    });
    for await (const event of events) context.print(print(event));
  },
});
