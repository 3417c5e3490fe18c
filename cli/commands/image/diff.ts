import { defineCommand } from "../../command.ts";
import { diffNamed } from "../../diff-named.ts";
import { argument, optionalArgument, value } from "../../option.ts";

export const command = defineCommand({
  description: "Shows what the topmost layer of an image changes: A added, C changed, D deleted. With two images, what the first has otherwise than the second.",
  examples: ["cala image diff my-app", "cala image diff alpine:3.20 alpine:3.19"],
  arguments: { image: argument("IMAGE", { complete: "images" }), other: optionalArgument("OTHER", { complete: "images" }) },
  options: { format: value("--format", "FORMAT", "json, or nothing for a list", { choices: ["json"] }) },
  run: async ({ options, args, context }) => await diffNamed(context, args.image, args.other, { ...options, latest: false, kind: "image" }),
});
