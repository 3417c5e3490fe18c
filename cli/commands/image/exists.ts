import { defineCommand } from "../../command.ts";
import { argument } from "../../option.ts";

export const command = defineCommand({
  description: "Ends with 0 when the image is here, with 1 when it is not.",
  examples: ["cala image exists ubuntu && echo yes"],
  arguments: { image: argument("IMAGE", { complete: "images" }) },
  async run({ args, context }) {
    const { findImage } = await import("../../../core/image/resolve.ts");
    return (await findImage(context.engine, args.image)) === undefined ? 1 : 0;
  },
});
