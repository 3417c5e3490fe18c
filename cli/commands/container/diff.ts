import { defineCommand } from "../../command.ts";
import { diffNamed } from "../../diff-named.ts";
import { flag, optionalArgument, value } from "../../option.ts";

export const command = defineCommand({
  description: "Shows what a container changed of its image: A added, C changed, D deleted.",
  examples: ["cala container diff web", "cala container diff --format json web"],
  arguments: { container: optionalArgument("CONTAINER", { complete: "containers" }), other: optionalArgument("OTHER", { complete: "containers" }) },
  options: {
    format: value("--format", "FORMAT", "json, or nothing for a list", { choices: ["json"] }),
    latest: flag("-l, --latest", "The container that was created last"),
  },
  run: async ({ options, args, context }) => await diffNamed(context, args.container, args.other, { ...options, kind: "container" }),
});
