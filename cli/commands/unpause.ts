import { defineCommand } from "../command.ts";
import { chosenContainers, eachTarget } from "../each-target.ts";
import { rest } from "../option.ts";
import { targetOptions } from "../groups/target-options.ts";

export const command = defineCommand({
  description: "Lets the processes of paused containers go on.",
  examples: ["cala unpause web", "cala unpause --all"],
  arguments: { containers: rest("CONTAINER", { complete: "running" }) },
  options: targetOptions("Unpause"),
  async run({ options, args, context }) {
    const { unpauseContainer } = await import("../../core/container/pause.ts");
    const { findContainer } = await import("../../core/container/store.ts");
    // --all means those that can be unpaused.
    const filters = options.all ? [...options.filter, "status=paused"] : options.filter;
    const names = await chosenContainers(context, { names: args.containers, all: options.all, latest: options.latest, filters, cidfiles: options.cidfile }, "running");
    return await eachTarget(context, names, async (name) => {
      await unpauseContainer(context.engine, findContainer(context.engine.dirs, name));
      return name;
    });
  },
});
