import { defineCommand } from "../../command.ts";
import { flag, rest, value } from "../../option.ts";

export const command = defineCommand({
  description: "Prints everything known of containers as JSON.",
  examples: ["cala container inspect web", "cala container inspect --format '{{.State.Status}}' web"],
  arguments: { names: rest("CONTAINER", { complete: "containers", minimum: 0 }) },
  options: {
    format: value("-f, --format", "FORMAT", "Print with a Go template, or as json"),
    latest: flag("-l, --latest", "The container that was created last"),
    size: flag("-s, --size", "Add the sizes of the containers"),
  },
  async run({ options, args, context }) {
    const { inspectNamed } = await import("../../inspect-named.ts");
    return await inspectNamed(context, args.names, { ...options, type: "container" });
  },
});
