import { defineCommand } from "../command.ts";
import { chosenContainers, eachTarget } from "../each-target.ts";
import { flag, rest } from "../option.ts";

export const command = defineCommand({
  description: "Makes ready what containers need to start, and says what is missing, without starting them.",
  examples: ["cala init web", "cala init --all"],
  arguments: { containers: rest("CONTAINER", { complete: "stopped" }) },
  options: { all: flag("-a, --all", "All containers that do not run"), latest: flag("-l, --latest", "The container that was created last") },
  async run({ options, args, context }) {
    const [{ initContainer }, { findContainer }, { isAlive, viewOf }] = await Promise.all([import("../../core/container/init.ts"), import("../../core/container/store.ts"), import("../../core/container/view.ts")]);
    const { engine } = context;
    const names = await chosenContainers(context, { names: args.containers, all: options.all, latest: options.latest }, "any");
    return await eachTarget(context, names, async (name) => {
      const record = findContainer(engine.dirs, name);
      if (options.all && isAlive(viewOf(engine.dirs, record))) return undefined;
      await initContainer(engine, record);
      return name;
    });
  },
});
