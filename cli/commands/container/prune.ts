import { defineCommand } from "../../command.ts";
import { flag, list } from "../../option.ts";

export const command = defineCommand({
  description: "Removes all containers that do not run. Asks first, unless --force is given.",
  examples: ["cala container prune", "cala container prune --force --filter until=24h"],
  options: { filter: list("--filter", "KEY=VALUE", "Only containers that match: label, until"), force: flag("-f, --force", "Do not ask") },
  async run({ options, context }) {
    if (!options.force) {
      const { confirm } = await import("../../output/confirm.ts");
      if (!confirm(context.err, "WARNING! This will remove all non running containers.")) return;
    }
    const [{ pruneContainers }, { filterPairs }] = await Promise.all([import("../../../core/container/prune.ts"), import("../../output/filter.ts")]);
    for (const id of await pruneContainers(context.engine, filterPairs(options.filter))) context.print(id);
  },
});
