import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { chosenContainers, eachTarget } from "../../each-target.ts";
import { flag, rest, value } from "../../option.ts";

export const command = defineCommand({
  description: "Ends what is left of containers that have ended. Their monitors do that themselves, unless they were killed.",
  examples: ["cala container cleanup web", "cala container cleanup --all"],
  arguments: { containers: rest("CONTAINER", { complete: "stopped" }) },
  options: {
    all: flag("-a, --all", "All containers that have ended"),
    exec: value("--exec", "SESSION", "Clean up an exec session; cala keeps none, so this is refused"),
    latest: flag("-l, --latest", "The container that was created last"),
    rm: flag("--rm", "Remove the container, too"),
    rmi: flag("--rmi", "Remove the container and its image, too"),
  },
  async run({ options, args, context }) {
    if (options.exec !== undefined) throw new CalaError("option-unsupported", "there are no exec sessions to clean up: an exec ends with its process", { hint: "leave --exec out" });
    const [{ cleanUpContainer }, { findContainer }, { isAlive, viewOf }] = await Promise.all([import("../../../core/container/cleanup.ts"), import("../../../core/container/store.ts"), import("../../../core/container/view.ts")]);
    const { dirs } = context.engine;
    const chosen = await chosenContainers(context, { names: args.containers, all: options.all, latest: options.latest }, "any");
    const names = options.all ? chosen.filter((name) => !isAlive(viewOf(dirs, findContainer(dirs, name)))) : chosen;
    return await eachTarget(context, names, async (name) => {
      await cleanUpContainer(context.engine, findContainer(dirs, name), { remove: options.rm, removeImage: options.rmi });
      return name;
    });
  },
});
