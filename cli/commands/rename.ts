import { defineCommand } from "../command.ts";
import { argument } from "../option.ts";

export const command = defineCommand({
  description: "Gives a container another name.",
  examples: ["cala rename web old-web"],
  arguments: { container: argument("CONTAINER", { complete: "containers" }), name: argument("NAME") },
  async run({ args, context }) {
    const [{ renameContainer }, { findContainer }] = await Promise.all([import("../../core/container/rename.ts"), import("../../core/container/store.ts")]);
    await renameContainer(context.engine, findContainer(context.engine.dirs, args.container), args.name);
  },
});
