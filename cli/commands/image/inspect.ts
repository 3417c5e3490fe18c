import { defineCommand } from "../../command.ts";
import { checkPlatform, onlyPlatform } from "../../groups/platform-options.ts";
import { rest, value } from "../../option.ts";

export const command = defineCommand({
  description: "Prints everything known of images as JSON.",
  examples: ["cala image inspect ubuntu", "cala image inspect --format '{{.Config.Cmd}}' ubuntu"],
  arguments: { names: rest("IMAGE", { minimum: 1, complete: "images" }) },
  options: { format: value("-f, --format", "FORMAT", "Print with a Go template, or as json"), platform: onlyPlatform },
  async run({ options, args, context }) {
    await checkPlatform(context.engine, args.names, options.platform);
    const { inspectNamed } = await import("../../inspect-named.ts");
    return await inspectNamed(context, args.names, { format: options.format, latest: false, size: false, type: "image" });
  },
});
