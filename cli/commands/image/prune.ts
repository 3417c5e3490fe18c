import { defineCommand } from "../../command.ts";
import { flag, list } from "../../option.ts";

export const command = defineCommand({
  description: "Removes images without a name that nothing uses; with --all every image that no container uses. Unfinished downloads go too. Asks first, unless --force is given.",
  examples: ["cala image prune", "cala image prune --all --force --filter until=240h"],
  options: {
    all: flag("-a, --all", "Also images with names that no container uses"),
    buildCache: flag("--build-cache", "Also what builds left: unfinished ones leave nothing here, so this changes nothing"),
    external: flag("--external", "Also what other tools left in the storage: cala shares its own with none, so this changes nothing"),
    filter: list("--filter", "KEY=VALUE", "Only images that match: until, label, and the filters of images"),
    force: flag("-f, --force", "Do not ask"),
  },
  async run({ options, context }) {
    if (!options.force) {
      const { confirm } = await import("../../output/confirm.ts");
      if (!confirm(context.err, options.all ? "WARNING! This command removes all images without at least one container associated with them." : "WARNING! This command removes all dangling images.")) return;
    }
    const [{ imageEngine }, { pruneImages }, { collectAfter }, { discardDownloads }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/prune.ts"), import("../../../core/image/collect.ts"), import("../../../core/image/collect-blobs.ts")]);
    const request = { all: options.all, filters: options.filter };
    const { result } = await collectAfter(context.engine, async () => await pruneImages(imageEngine(context.engine), request));
    for (const id of result) context.print(id);
    discardDownloads(context.engine.dirs);
  },
});
