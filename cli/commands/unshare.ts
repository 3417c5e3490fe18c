import { defineCommand } from "../command.ts";
import { flag, rest } from "../option.ts";

export const command = defineCommand({
  description: "Runs a program as root of the user namespace that is around all of this user's containers: there every file of a container's, of a volume or of a mount, whatever its owner, can be looked at, changed and removed. Without COMMAND it is a shell.",
  examples: ["cala unshare rm -rf project/node_modules", "cala unshare cat /proc/self/uid_map", "cala unshare --give-back project  # its files belong to the caller again"],
  arguments: { words: rest("COMMAND", { usage: "[COMMAND [ARG...]]" }) },
  optionsFirst: true,
  options: {
    giveBack: flag("--give-back", "Instead of a command, name files and directories: they and what is in them are given to the caller"),
    rootlessNetns: flag("--rootless-netns", "Refused: each network of cala's has a network namespace of its own"),
  },
  async run({ options, args, context }) {
    const { becomeUnshared, giveBack } = await import("../../core/idmap/unshare.ts");
    if (options.rootlessNetns) {
      const { CalaError } = await import("../../core/base/error.ts");
      throw new CalaError("unshare-netns", "there is no one network namespace of all containers: each network has its own", { hint: "cala exec CONTAINER ip address" });
    }
    if (options.giveBack) return await giveBack(context.engine, args.words);
    const shell = context.env["SHELL"] ?? "/bin/sh";
    becomeUnshared(context.engine, args.words.length === 0 ? [shell] : args.words, context.env);
  },
});
