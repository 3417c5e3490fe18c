import { defineCommand } from "../../command.ts";
import { argument } from "../../option.ts";

export const command = defineCommand({
  description: "Makes a container with the options and the files of another one that does not run, and prints its id. Nothing is copied: both go on from what they share. Named volumes are shared, anonymous ones are new.",
  examples: ["cala container fork web web-experiment"],
  arguments: { container: argument("CONTAINER", { complete: "stopped" }), name: argument("NAME") },
  async run({ args, context }) {
    const [{ findContainer }, { forkContainer }] = await Promise.all([import("../../../core/container/store.ts"), import("../../../core/container/fork.ts")]);
    context.print((await forkContainer(context.engine, findContainer(context.engine.dirs, args.container), args.name)).id);
  },
});
