import { defineCommand } from "../command.ts";
import { argument, value } from "../option.ts";
import { CalaError } from "../../core/base/error.ts";

export const command = defineCommand({
  description: `Prints the completion script of bash, zsh or fish.

    install.sh puts these scripts in place; by hand it is one of the lines below.`,
  examples: [
    "cala completion bash > ~/.local/share/bash-completion/completions/cala",
    "cala completion -f _cala zsh",
    "cala completion fish > ~/.config/fish/completions/cala.fish",
  ],
  arguments: { shell: argument("SHELL", { description: "bash, zsh or fish" }) },
  options: { file: value("-f, --file", "FILE", "Write to FILE instead of standard output", { complete: "files" }) },
  async run({ args, options, context }) {
    const [{ completionScript, shells }, { describeTree }, tree] = await Promise.all([
      import("../docs/completion.ts"), import("../docs/describe.ts"), import("./index.ts"),
    ]);
    const shell = shells.find((name) => name === args.shell);
    if (shell === undefined) throw new CalaError("shell-unknown", `no completion for the shell "${args.shell}"`, { hint: `use one of ${shells.join(", ")}` });
    const script = completionScript(shell, await describeTree(tree));
    if (options.file === undefined) context.out.write(script);
    else (await import("../output/file-sink.ts")).fileSink(options.file).write(script);
  },
});
