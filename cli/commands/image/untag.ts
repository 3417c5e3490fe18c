import { defineCommand } from "../../command.ts";
import { argument, rest } from "../../option.ts";

export const command = defineCommand({
  description: "Takes names from an image: those given, or all of them. The image stays.",
  examples: ["cala untag my-base", "cala untag ubuntu my-base:latest"],
  arguments: { image: argument("IMAGE", { complete: "images" }), names: rest("NAME", { complete: "images" }) },
  async run({ args, context }) {
    const [{ imageEngine }, { untagImage }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/tag.ts")]);
    await untagImage(imageEngine(context.engine), args.image, args.names);
  },
});
