import { defineCommand } from "../command.ts";
import { createOptions } from "../groups/create-options.ts";
import { rest } from "../option.ts";

export const command = defineCommand({
  description: "Makes a container without starting it and prints its ID.",
  examples: ["cala create --name web -p 8080:80 nginx", "cala start web  # starts it"],
  optionsFirst: true,
  arguments: { words: rest("COMMAND", { minimum: 1, usage: "IMAGE [COMMAND [ARG...]]", complete: "images" }) },
  options: createOptions,
  async run({ options, args, context }) {
    const [{ createNew }, { purposeOf, keepStart }] = await Promise.all([import("../create-new.ts"), import("../shortcut/keep-start.ts")]);
    const record = await createNew(context, options, args.words, purposeOf);
    keepStart(context.engine.dirs, record);
    context.print(record.id);
  },
});
