import { defineCommand } from "../../command.ts";
import { flag } from "../../option.ts";

export const command = defineCommand({
  description: "Removes all containers, images and volumes of this user, and everything else that cala keeps: store, state and cache. Configuration files and logins stay, and so does what lies in cala's directories and is not cala's. A directory without cala's mark, a home directory, the root and mount points are refused. Asks first, unless --force is given.",
  examples: ["cala system reset", "cala --root /tmp/trial system reset --force"],
  options: { force: flag("-f, --force", "Do not ask") },
  async run({ options, context }) {
    const { planReset, resetStore } = await import("../../../core/system/reset.ts");
    const plan = planReset(context.engine.dirs);
    if (plan.paths.length === 0) return context.print("there is nothing to remove");
    if (!options.force) {
      const { confirm } = await import("../../output/confirm.ts");
      const lines = [`WARNING! This will remove ${plan.containers} containers, ${plan.images} images and ${plan.volumes} volumes, with:`, ...plan.paths.map((path) => `        ${path}`)];
      if (!confirm(context.err, lines.join("\n"))) return;
    }
    await resetStore(context.engine, plan);
    for (const path of plan.foreign) context.warn(`"${path}" is not cala's and stays`);
  },
});
