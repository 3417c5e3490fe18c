import { defineCommand } from "../../command.ts";
import { argument } from "../../option.ts";

export const command = defineCommand({
  description: "Makes the files of a container what they were at a snapshot. What it has written since is lost; volumes stay as they are.",
  examples: ["cala container rollback web before-upgrade"],
  arguments: { container: argument("CONTAINER", { complete: "stopped" }), tag: argument("TAG") },
  async run({ args, context }) {
    const [{ findContainer }, { rollBack }] = await Promise.all([import("../../../core/container/store.ts"), import("../../../core/container/snapshot.ts")]);
    await rollBack(context.engine, findContainer(context.engine.dirs, args.container), args.tag);
    context.print(args.container);
  },
});
