import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { limitOptions, limitsOf } from "../../groups/limit-options.ts";
import { argument, flag, optionalArgument, value } from "../../option.ts";

export const command = defineCommand({
  description: "Makes a new container with the options of another one, which may have a new name, image and limits. Files are not taken over (cala container fork does that).",
  examples: ["cala container clone web", "cala container clone --destroy --run web web2 nginx:1.27"],
  arguments: { container: argument("CONTAINER", { complete: "containers" }), name: optionalArgument("NAME"), image: optionalArgument("IMAGE", { complete: "images" }) },
  options: {
    ...limitOptions,
    destroy: flag("--destroy", "Remove the original afterwards"),
    force: flag("-f, --force", "With --destroy: stop the original if it runs"),
    name: value("--name", "NAME", "Name of the new container", { defaultText: "the original's with -clone behind it" }),
    run: flag("--run", "Start the new container"),
  },
  async run({ options, args, context }) {
    if (options.force && !options.destroy) throw new CalaError("arguments-conflict", "--force can be used with --destroy only");
    const { engine } = context;
    const [{ findContainer }, { cloneContainer }] = await Promise.all([import("../../../core/container/store.ts"), import("../../../core/container/clone.ts")]);
    const original = findContainer(engine.dirs, args.container);
    const name = options.name ?? args.name;
    const made = await cloneContainer(engine, original, { limits: limitsOf(options), ...(name === undefined ? {} : { name }), ...(args.image === undefined ? {} : { image: args.image }) });
    if (options.destroy) await (await import("../../../core/container/remove.ts")).removeContainer(engine, original, { force: options.force, volumes: false });
    if (options.run) await (await import("../../../core/container/start.ts")).startContainer(engine, made);
    context.print(made.id);
  },
});
