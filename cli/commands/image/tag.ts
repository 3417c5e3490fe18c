import { defineCommand } from "../../command.ts";
import { argument, rest } from "../../option.ts";

export const command = defineCommand({
  description: "Gives an image further names. A name without a registry is a local one: localhost/NAME.",
  examples: ["cala tag ubuntu my-base", "cala tag my-app registry.example/team/app:1"],
  arguments: { image: argument("IMAGE", { complete: "images" }), names: rest("NAME", { minimum: 1, complete: "images" }) },
  async run({ args, context }) {
    const [{ imageEngine }, { tagImage }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/tag.ts")]);
    await tagImage(imageEngine(context.engine), args.image, args.names);
  },
});
