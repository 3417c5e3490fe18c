import { defineCommand } from "../command.ts";
import { commandHelp, groupHelp } from "../docs/help.ts";
import { findCommand } from "../find-command.ts";
import { rest } from "../option.ts";

export const command = defineCommand({
  description: "Prints the help of a command or of a group of commands.",
  examples: ["cala help run", "cala help image tag"],
  arguments: { words: rest("COMMAND", { complete: "commands", usage: "[COMMAND...]" }) },
  async run({ args, context }) {
    const tree = await import("./index.ts");
    const found = findCommand(args.words, tree);
    if (found.kind === "group") context.out.write(groupHelp(found.words, tree));
    else context.out.write(commandHelp(found.words, found.entry, (await found.entry.load()).command));
  },
});
