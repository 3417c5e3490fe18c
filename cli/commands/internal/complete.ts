import { defineCommand } from "../../command.ts";
import { argument, optionalArgument } from "../../option.ts";

export const command = defineCommand({
  description: "Prints the names of a kind that begin with a prefix, one per line.",
  arguments: { kind: argument("KIND"), prefix: optionalArgument("PREFIX") },
  optionsFirst: true,
  async run({ args, context }) {
    const { candidates } = await import("../../docs/candidates.ts");
    const prefix = args.prefix ?? "";
    for (const word of candidates(args.kind, context.engine.dirs)) if (word.startsWith(prefix)) context.print(word);
  },
});
