import { clock } from "../../../core/base/clock.ts";
import { humanDuration } from "../../../core/base/duration.ts";
import { defineCommand } from "../../command.ts";
import { argument, flag } from "../../option.ts";
import { formatOption, renderReport } from "../../output/report.ts";

export const command = defineCommand({
  description: "Lists the snapshots of a container, oldest first.",
  examples: ["cala container snapshots web", "cala container snapshots --quiet web"],
  arguments: { container: argument("CONTAINER", { complete: "containers" }) },
  options: { format: formatOption, noheading: flag("-n, --noheading", "Leave the heading out"), quiet: flag("-q, --quiet", "Print names only") },
  async run({ options, args, context }) {
    const [{ findContainer }, { listSnapshots }] = await Promise.all([import("../../../core/container/store.ts"), import("../../../core/container/snapshot.ts")]);
    const rows = listSnapshots(context.engine, findContainer(context.engine.dirs, args.container)).map(({ tag, createdAt, chain }) => ({ Tag: tag, Created: `${humanDuration(clock.nowMs() - Date.parse(createdAt))} ago`, CreatedAt: createdAt, Layers: chain.length }));
    if (options.quiet && options.format === undefined) {
      for (const { Tag } of rows) context.print(Tag);
      return;
    }
    context.out.write(renderReport({ rows, format: options.format, columns: ["Tag", "Created", "Layers"], headings: {}, noHeading: options.noheading }));
  },
});
