import { defineCommand } from "../command.ts";
import { flag, optionalArgument, value } from "../option.ts";
import { diffNamed } from "../diff-named.ts";

export const command = defineCommand({
  description: "Shows what a container changed of its image, or an image of the one below: A added, C changed, D deleted. With two names, what the first has otherwise than the second.",
  examples: ["cala diff web", "cala diff --format json web", "cala diff alpine:3.20 alpine:3.19"],
  arguments: { name: optionalArgument("NAME", { complete: "containers" }), other: optionalArgument("OTHER", { complete: "images" }) },
  options: {
    format: value("--format", "FORMAT", "json, or nothing for a list", { choices: ["json"] }),
    latest: flag("-l, --latest", "The container that was created last"),
  },
  run: async ({ options, args, context }) => await diffNamed(context, args.name, args.other, { ...options, kind: "all" }),
});
