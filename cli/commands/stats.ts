import { CalaError } from "../../core/base/error.ts";
import type { StatsSample } from "../../core/container/stats.ts";
import type { ContainerView } from "../../core/container/view.ts";
import type { Context } from "../context.ts";
import { defineCommand } from "../command.ts";
import { flag, rest, value, wholeNumber } from "../option.ts";
import { formatOption, renderReport } from "../output/report.ts";

/** Cursor home, and everything below it away. */
const clearScreen = "\u001b[H\u001b[J";

export const command = defineCommand({
  description: `Shows what running containers use: processor, memory, network, disk, processes; again and again until Ctrl-C.

    The numbers come from the container's control group, or, where it has none, from its processes.`,
  examples: ["cala stats", "cala stats --no-stream --format json web"],
  arguments: { containers: rest("CONTAINER", { complete: "running" }) },
  options: {
    all: flag("-a, --all", "Also containers that do not run"),
    format: formatOption,
    interval: value("-i, --interval", "SECONDS", "Time between two looks", { parse: wholeNumber(1), initial: "5" }),
    latest: flag("-l, --latest", "The container that was created last"),
    noReset: flag("--no-reset", "Do not clear the screen between two looks"),
    noStream: flag("--no-stream", "Look once"),
    noTrunc: flag("--no-trunc", "Do not shorten ids"),
  },
  async run({ options, args, context }) {
    if ([options.all, options.latest, args.containers.length > 0].filter(Boolean).length > 1) throw new CalaError("arguments-conflict", "--all, --latest and container names cannot be used together");
    const [{ sampleContainers }, { statsRow, statsDocument, statsColumns, statsHeadings }] = await Promise.all([import("../../core/container/stats.ts"), import("../rows/stats-rows.ts")]);
    const render = (samples: readonly StatsSample[]): string => renderReport({
      rows: samples.map((sample) => statsRow(sample, options.noTrunc)), documents: samples.map((sample) => statsDocument(sample, options.noTrunc)),
      format: options.format, columns: statsColumns, headings: statsHeadings,
    });
    let before = new Map<string, StatsSample>();
    const clears = !options.noReset && !options.noStream && context.out.isTty;
    for (;;) {
      const samples = sampleContainers(context.engine, await chosen(context, { ...options, names: args.containers }), before);
      context.out.write(`${clears ? clearScreen : ""}${render(samples)}`);
      if (options.noStream || context.signal.aborted) return;
      before = new Map(samples.map((sample) => [sample.id, sample]));
      await pause(options.interval * 1000, context.signal);
      if (context.signal.aborted) return;
    }
  },
});

/** Looked up anew each time: containers come and go. */
async function chosen(context: Context, choice: { readonly names: readonly string[]; readonly all: boolean; readonly latest: boolean }): Promise<readonly ContainerView[]> {
  const [{ latestContainer, listContainers }, { findContainer }, { viewOf }] = await Promise.all([
    import("../../core/container/list.ts"), import("../../core/container/store.ts"), import("../../core/container/view.ts"),
  ]);
  if (choice.latest) return [latestContainer(context.engine)];
  if (choice.names.length === 0) return listContainers(context.engine, { all: choice.all, filters: [] });
  return choice.names.map((name) => viewOf(context.engine.dirs, findContainer(context.engine.dirs, name)));
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { setTimeout: sleep } = await import("node:timers/promises");
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
