import { defineCommand } from "../command.ts";
import { chosenContainers, eachTarget } from "../each-target.ts";
import { flag, list, rest, value } from "../option.ts";

export const command = defineCommand({
  description: "Sends a signal to the first process of running containers.",
  examples: ["cala kill web", "cala kill --signal HUP web"],
  arguments: { containers: rest("CONTAINER", { complete: "running" }) },
  options: {
    all: flag("-a, --all", "Signal all running containers"),
    cidfile: list("--cidfile", "FILE", "Read the container's ID from FILE", { complete: "files" }),
    latest: flag("-l, --latest", "Signal the container that was created last"),
    signal: value("-s, --signal", "SIGNAL", "Name or number of the signal", { initial: "KILL", complete: "signals" }),
  },
  async run({ options, args, context }) {
    const [{ killContainer }, { findContainer }, { parseSignal }] = await Promise.all([import("../../core/container/kill.ts"), import("../../core/container/store.ts"), import("../../core/spec/parse/signal.ts")]);
    const signal = parseSignal(options.signal);
    const names = await chosenContainers(context, { names: args.containers, all: options.all, latest: options.latest, cidfiles: options.cidfile }, "running");
    return await eachTarget(context, names, async (name) => {
      await killContainer(context.engine, findContainer(context.engine.dirs, name), signal);
      return name;
    });
  },
});
