import { defineCommand } from "../command.ts";
import { chosenContainers, eachTarget } from "../each-target.ts";
import { rest } from "../option.ts";
import { targetOptions } from "../groups/target-options.ts";

export const command = defineCommand({
  description: "Stops all processes of containers for a while. They keep their memory and their connections, and go on with unpause.",
  examples: ["cala pause web", "cala pause --all"],
  arguments: { containers: rest("CONTAINER", { complete: "running" }) },
  options: targetOptions("Pause"),
  async run({ options, args, context }) {
    const { pauseContainer } = await import("../../core/container/pause.ts");
    const { findContainer } = await import("../../core/container/store.ts");
    // --all means those that can be paused.
    const filters = options.all ? [...options.filter, "status=running"] : options.filter;
    const names = await chosenContainers(context, { names: args.containers, all: options.all, latest: options.latest, filters, cidfiles: options.cidfile }, "running");
    return await eachTarget(context, names, async (name) => {
      await pauseContainer(context.engine, findContainer(context.engine.dirs, name));
      return name;
    });
  },
});
