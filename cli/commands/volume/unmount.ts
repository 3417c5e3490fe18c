import { defineCommand } from "../../command.ts";
import { eachTarget } from "../../each-target.ts";
import { rest } from "../../option.ts";

export const command = defineCommand({
  description: "The counterpart of \"volume mount\": checks that the volumes exist and prints their names. There is nothing to unmount.",
  examples: ["cala volume unmount data"],
  arguments: { volumes: rest("VOLUME", { minimum: 1, complete: "volumes" }) },
  async run({ args, context }) {
    const { findVolume } = await import("../../../core/volume/record.ts");
    return await eachTarget(context, args.volumes, async (name) => findVolume(context.engine.dirs, name).name);
  },
});
