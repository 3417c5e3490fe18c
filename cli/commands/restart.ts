import { defineCommand } from "../command.ts";
import { chosenContainers, eachTarget } from "../each-target.ts";
import { flag, list, rest, value, wholeNumber } from "../option.ts";

export const command = defineCommand({
  description: "Stops containers that run, and starts them again.",
  examples: ["cala restart web", "cala restart --time 2 --all"],
  arguments: { containers: rest("CONTAINER", { complete: "containers" }) },
  options: {
    all: flag("-a, --all", "Restart all containers"),
    cidfile: list("--cidfile", "FILE", "Read the container's ID from FILE", { complete: "files" }),
    filter: list("-f, --filter", "FILTER", "Restart the containers that match, as in ps"),
    latest: flag("-l, --latest", "Restart the container that was created last"),
    running: flag("--running", "Only those that run"),
    time: value("-t, --time, --timeout", "SECONDS", "Seconds to wait before killing (-1: for ever)", { parse: wholeNumber(-1), defaultText: "10, or the container's own" }),
  },
  async run({ options, args, context }) {
    const choice = { names: args.containers, all: options.all || (options.running && args.containers.length === 0), latest: options.latest, filters: options.filter, cidfiles: options.cidfile };
    const names = await chosenContainers(context, choice, options.running ? "running" : "any");
    const [{ restartContainer }, { findContainer }] = await Promise.all([import("../../core/container/restart.ts"), import("../../core/container/store.ts")]);
    return await eachTarget(context, names, async (name) => {
      await restartContainer(context.engine, findContainer(context.engine.dirs, name), options.time === undefined ? {} : { timeoutSeconds: options.time });
      return name;
    });
  },
});
