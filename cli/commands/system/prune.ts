import { formatBytes } from "../../../core/base/bytes.ts";
import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { flag, list } from "../../option.ts";

export const command = defineCommand({
  description: "Removes all containers that do not run, all networks that no container is on and all images without a name that nothing uses, with --all every image that no container uses, with --volumes volumes too. Unfinished downloads go as well. Asks first, unless --force is given.",
  examples: ["cala system prune", "cala system prune --all --volumes --force", "cala system prune --filter until=24h"],
  options: {
    all: flag("-a, --all", "Also images with names that no container uses"),
    build: flag("--build", "Also what builds left: unfinished ones leave nothing here, so this changes nothing"),
    external: flag("--external", "Only what other tools left in the storage: cala shares its own with none, so nothing is removed"),
    filter: list("--filter", "KEY=VALUE", "Only what matches: label, until"),
    force: flag("-f, --force", "Do not ask"),
    volumes: flag("--volumes", "Also volumes that no container uses"),
  },
  async run({ options, context }) {
    if (options.external && (options.all || options.volumes)) throw new CalaError("arguments-conflict", "--external cannot be used with --all or --volumes");
    if (options.external) return;
    const [{ pruneSystem }, { filterPairs }] = await Promise.all([import("../../../core/system/prune.ts"), import("../../output/filter.ts")]);
    const filters = filterPairs(options.filter);
    if (!options.force) {
      const kinds = ["all stopped containers", "all networks not used by at least one container", ...(options.volumes ? ["all volumes not used by at least one container"] : []), options.all ? "all images without at least one container associated with them" : "all dangling images", "all unfinished downloads"];
      const { confirm } = await import("../../output/confirm.ts");
      if (!confirm(context.err, `WARNING! This command removes:\n${kinds.map((kind) => `\t- ${kind}`).join("\n")}\n`)) return;
    }
    const pruned = await pruneSystem(context.engine, { all: options.all, volumes: options.volumes, filters });
    for (const { heading, names } of pruned) if (names.length > 0) context.print([heading, ...names].join("\n"));
    context.print(`Total reclaimed space: ${formatBytes(pruned.reduce((sum, { freedBytes }) => sum + freedBytes, 0), "")}`);
  },
});
