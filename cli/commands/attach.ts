import { defineCommand } from "../command.ts";
import { detachKeys } from "../groups/attach-options.ts";
import { flag, optionalArgument } from "../option.ts";

export const command = defineCommand({
  description: "Connects the terminal to a running container. Ctrl-P Ctrl-Q leaves it running.",
  examples: ["cala attach web", "cala attach --no-stdin --detach-keys ctrl-a,d web"],
  arguments: { container: optionalArgument("CONTAINER", { complete: "running" }) },
  options: {
    detachKeys,
    latest: flag("-l, --latest", "The container that was created last"),
    noStdin: flag("--no-stdin", "Do not pass standard input on"),
    sigProxy: flag("--sig-proxy", "Pass signals on to the container", { initial: true }),
  },
  async run({ options, args, context }) {
    const [{ attachContainer }, { targetContainer }] = await Promise.all([import("../../core/container/attach.ts"), import("../target.ts")]);
    const record = await targetContainer(context, args.container, options.latest);
    attachContainer(context.engine, record, { stdin: !options.noStdin, signalProxy: options.sigProxy, ...(options.detachKeys === undefined ? {} : { detachKeys: options.detachKeys }) });
  },
});
