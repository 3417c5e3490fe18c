import { defineCommand } from "../../command.ts";
import { flag, list } from "../../option.ts";

export const command = defineCommand({
  description: "Removes all volumes that no container uses, with everything in them. Asks first, unless --force is given.",
  examples: ["cala volume prune", "cala volume prune --force --filter anonymous=true"],
  options: {
    all: flag("-a, --all", "As without it; for command lines of docker, whose prune spares named volumes otherwise", { hidden: true }),
    filter: list("--filter", "KEY=VALUE", "Only volumes that match, as in volume ls"),
    force: flag("-f, --force", "Do not ask"),
  },
  async run({ options, context }) {
    const [{ listVolumes }, { volumeFilter }, { pruneVolumes }, { usedVolumes, volumeUsers }, { filterPairs }] = await Promise.all([
      import("../../../core/volume/record.ts"), import("../../../core/volume/filter.ts"), import("../../../core/volume/remove.ts"), import("../../../core/container/volume-users.ts"), import("../../output/filter.ts"),
    ]);
    const { engine } = context;
    const { dirs } = engine;
    const used = usedVolumes(dirs);
    const matches = volumeFilter(filterPairs(options.filter), { dirs, isUsed: (name) => used.has(name) });
    if (!options.force) {
      const doomed = listVolumes(dirs).filter((volume) => matches(volume) && !used.has(volume.name)).map((volume) => volume.name);
      if (doomed.length === 0) return context.print("No dangling volumes found");
      const { confirm } = await import("../../output/confirm.ts");
      if (!confirm(context.err, `WARNING! This will remove all volumes not used by at least one container. The following volumes will be removed:\n${doomed.join("\n")}`)) return;
    }
    for (const name of await pruneVolumes(engine, (name) => volumeUsers(dirs, name).map(({ id }) => id), matches)) context.print(name);
  },
});
