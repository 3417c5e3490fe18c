import { defineCommand } from "../../command.ts";
import { argument, flag } from "../../option.ts";

export const command = defineCommand({
  description: "Says by its exit code whether a container exists: 0 it does, 1 it does not, 125 something went wrong.",
  examples: ["cala container exists web && echo there"],
  arguments: { container: argument("CONTAINER", { complete: "containers" }) },
  options: { external: flag("--external", "Also look for containers of other tools on the same storage; cala shares its storage with none") },
  async run({ args, context }) {
    const [{ findContainer }, { isUnknownContainer }] = await Promise.all([import("../../../core/container/store.ts"), import("../../../core/container/errors.ts")]);
    try {
      findContainer(context.engine.dirs, args.container);
      return 0;
    } catch (error) {
      if (isUnknownContainer(error)) return 1;
      throw error;
    }
  },
});
