import { defineCommand } from "../../command.ts";
import { argument } from "../../option.ts";

export const command = defineCommand({
  description: "Ends with 0 when the volume is here, with 1 when it is not.",
  examples: ["cala volume exists data && echo yes"],
  arguments: { volume: argument("VOLUME", { complete: "volumes" }) },
  async run({ args, context }) {
    const { readVolume } = await import("../../../core/volume/record.ts");
    return readVolume(context.engine.dirs, args.volume) === undefined ? 1 : 0;
  },
});
