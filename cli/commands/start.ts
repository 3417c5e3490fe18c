import { CalaError } from "../../core/base/error.ts";
import { inheritedSockets } from "../../core/host/listen-fds.ts";
import { defineCommand } from "../command.ts";
import { chosenContainers, eachTarget } from "../each-target.ts";
import { attachedOutputs, detachKeys } from "../groups/attach-options.ts";
import { flag, list, rest } from "../option.ts";

export const command = defineCommand({
  description: "Starts containers that were created or have ended. One that runs already is left alone.",
  examples: ["cala start web", "cala start --attach --interactive shell"],
  arguments: { containers: rest("CONTAINER", { complete: "stopped" }) },
  options: {
    all: flag("--all", "Start all containers that do not run"),
    attach: flag("-a, --attach", "Connect to the container's output, and end with its exit code"),
    detachKeys,
    filter: list("-f, --filter", "FILTER", "Start the containers that match, as in ps"),
    interactive: flag("-i, --interactive", "Connect standard input too"),
    latest: flag("-l, --latest", "Start the container that was created last"),
    sigProxy: flag("--sig-proxy", "With --attach: pass signals on to the container", { initial: true }),
  },
  async run({ options, args, context }) {
    const names = await chosenContainers(context, { names: args.containers, all: options.all, latest: options.latest, filters: options.filter }, "any");
    const [{ startContainer, startAttached }, { findContainer }] = await Promise.all([import("../../core/container/start.ts"), import("../../core/container/store.ts")]);
    const attach = options.attach || options.interactive;
    const handed = inheritedSockets(context.env);
    if (!attach) {
      return await eachTarget(context, names, async (name) => {
        await startContainer(context.engine, findContainer(context.engine.dirs, name), { handed });
        return name;
      });
    }
    const [name, another] = names;
    if (name === undefined || another !== undefined) throw new CalaError("arguments-conflict", "you cannot start and attach multiple containers at once");
    const record = findContainer(context.engine.dirs, name);
    const detachKeys = options.detachKeys === undefined ? {} : { detachKeys: options.detachKeys };
    return await startAttached(context.engine, record, { ...attachedOutputs(record.request.attach), stdin: options.interactive && record.request.stdin, signalProxy: options.sigProxy, ...detachKeys }, { handed });
  },
});
