import { defineCommand } from "../../command.ts";
import { flag, list } from "../../option.ts";
import { formatOption, renderReport } from "../../output/report.ts";

export const command = defineCommand({
  description: "Lists volumes.",
  examples: ["cala volume ls", "cala volume ls --filter dangling=true --quiet", "cala volume ls --format '{{.Name}}\\t{{.Mountpoint}}'"],
  options: {
    filter: list("-f, --filter", "KEY=VALUE", "Only volumes that match; keys are name, label, opt, driver, scope, dangling, anonymous, until, since"),
    format: formatOption,
    noheading: flag("-n, --noheading", "Leave the heading out"),
    quiet: flag("-q, --quiet", "Print names only"),
  },
  async run({ options, context }) {
    const [{ listVolumes }, { volumeFilter }, { volumeDocument }, { mountCounts, usedVolumes }, { filterPairs }] = await Promise.all([
      import("../../../core/volume/record.ts"), import("../../../core/volume/filter.ts"), import("../../../core/volume/inspect.ts"), import("../../../core/container/volume-users.ts"), import("../../output/filter.ts"),
    ]);
    const { dirs } = context.engine;
    let used: Set<string> | undefined;
    const isUsed = (name: string): boolean => (used ??= usedVolumes(dirs)).has(name);
    const volumes = listVolumes(dirs).filter(volumeFilter(filterPairs(options.filter), { dirs, isUsed }));
    if (options.quiet && options.format === undefined) {
      for (const { name } of volumes) context.print(name);
      return;
    }
    const counts = options.format === undefined ? new Map<string, number>() : mountCounts(dirs);
    const rows = volumes.map((volume) => volumeDocument(dirs, volume, counts.get(volume.name) ?? 0));
    context.out.write(renderReport({ rows, format: options.format, columns: ["Driver", "Name"], headings: { Name: "VOLUME NAME" }, noHeading: options.noheading }));
  },
});
