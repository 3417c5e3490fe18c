import { defineCommand } from "../command.ts";
import { chosenContainers, eachTarget } from "../each-target.ts";
import { flag, list, rest, value, wholeNumber } from "../option.ts";

export const command = defineCommand({
  description: "Asks containers to stop with their stop signal (SIGTERM unless the image or --stop-signal says otherwise) and kills them after a time.",
  examples: ["cala stop web", "cala stop --time 2 web db", "cala stop --all"],
  arguments: { containers: rest("CONTAINER", { complete: "running" }) },
  options: {
    all: flag("-a, --all", "Stop all running containers"),
    cidfile: list("--cidfile", "FILE", "Read the container's ID from FILE", { complete: "files" }),
    filter: list("-f, --filter", "FILTER", "Stop the containers that match, as in ps"),
    ignore: flag("-i, --ignore", "Do not mind containers that do not exist"),
    latest: flag("-l, --latest", "Stop the container that was created last"),
    time: value("-t, --time, --timeout", "SECONDS", "Seconds to wait before killing (-1: for ever)", { parse: wholeNumber(-1), defaultText: "10, or the container's own" }),
  },
  async run({ options, args, context }) {
    const names = await chosenContainers(context, { names: args.containers, all: options.all, latest: options.latest, filters: options.filter, cidfiles: options.cidfile, ignoresMissing: options.ignore }, "running");
    const [{ stopContainer }, { findContainer }] = await Promise.all([import("../../core/container/stop.ts"), import("../../core/container/store.ts")]);
    return await eachTarget(context, names, async (name) => {
      try {
        await stopContainer(context.engine, findContainer(context.engine.dirs, name), options.time === undefined ? {} : { timeoutSeconds: options.time });
        return name;
      } catch (error) {
        const { isUnknownContainer } = await import("../../core/container/errors.ts");
        if (options.ignore && isUnknownContainer(error)) return undefined;
        throw error;
      }
    });
  },
});
