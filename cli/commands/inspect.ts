import { defineCommand } from "../command.ts";
import { flag, rest, value } from "../option.ts";

export const command = defineCommand({
  description: "Prints everything known of containers, images, volumes or networks as JSON. A name is looked for in that order.",
  examples: ["cala inspect web", "cala inspect --format '{{.State.Pid}}' web", "cala inspect --type image alpine"],
  arguments: { names: rest("NAME", { complete: "containers", minimum: 0 }) },
  options: {
    format: value("-f, --format", "FORMAT", "Print with a Go template, or as json"),
    latest: flag("-l, --latest", "The container that was created last"),
    size: flag("-s, --size", "Add the sizes of containers"),
    type: value("-t, --type", "TYPE", "Look for one kind only", { initial: "all", choices: ["all", "container", "image", "volume", "network"] }),
  },
  async run({ options, args, context }) {
    const { inspectNamed } = await import("../inspect-named.ts");
    return await inspectNamed(context, args.names, options);
  },
});
