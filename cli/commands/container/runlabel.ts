import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { connectOf, credsOption, registryOptions } from "../../groups/registry-options.ts";
import { argument, flag, rest, value } from "../../option.ts";

export const command = defineCommand({
  description: "Runs the command that a label of an image holds, on this host, with the rights of the caller. In the label IMAGE and NAME stand for the image's and the container's name, $OPT1 to $OPT3 for words of the command line, and podman or docker for cala. The image is pulled when it is not here.",
  examples: ["cala container runlabel --display run registry.example.com/tool", "cala container runlabel --name web install registry.example.com/tool"],
  optionsFirst: true,
  arguments: { label: argument("LABEL"), image: argument("IMAGE", { complete: "images" }), words: rest("ARG") },
  options: {
    ...registryOptions, creds: credsOption,
    display: flag("--display", "Print the command, and do not run it"),
    name: value("-n, --name", "NAME", "Name that NAME stands for", { defaultText: "from the image's name" }),
    quiet: flag("-q, --quiet", "Let the command print nothing but errors"),
    replace: flag("--replace", "Remove a container of that name first"),
  },
  async run({ options, args, context }) {
    const { engine } = context;
    const [{ obtainImage }, { labelCommand, labelEnvironment, containerNameOf }, { becomeProgram }] = await Promise.all([
      import("../../../core/container/image.ts"), import("../../../core/container/label-command.ts"), import("../../../core/host/become-program.ts"),
    ]);
    const image = await obtainImage(engine, { image: args.image, pull: "missing" }, { connect: connectOf(options), signal: context.signal });
    const label = image.defaults.Labels?.[args.label];
    if (label === undefined || label.trim() === "") throw new CalaError("label-unknown", `image "${args.image}" has no label "${args.label}"`, { hint: `cala image inspect --format '{{json .Labels}}' ${args.image}` });
    const name = options.name ?? containerNameOf(image.name);
    const subject = { image: image.name, name, args: args.words, env: context.env, globals: context.argv.slice(0, context.argv.indexOf("container")) };
    const words = labelCommand(label, subject);
    if (options.display) {
      context.print(`command: ${words.join(" ")}`);
      return;
    }
    if (options.replace) await (await import("../../../core/container/remove.ts")).removeNamed(engine, name);
    becomeProgram(words, labelEnvironment(subject), { quiet: options.quiet });
  },
});
