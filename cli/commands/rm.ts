import { CalaError } from "../../core/base/error.ts";
import { defineCommand } from "../command.ts";
import { chosenContainers, eachTarget } from "../each-target.ts";
import { flag, list, rest, value, wholeNumber } from "../option.ts";

/** podman's, here only: other verbs end with 125. */
const unknownExitCode = 1;

export const command = defineCommand({
  description: "Removes containers with their files and logs. A running one is removed only with --force. Named volumes stay.",
  examples: ["cala rm web", "cala rm --force --time 0 web", "cala rm --all --force"],
  arguments: { containers: rest("CONTAINER", { complete: "containers" }) },
  options: {
    all: flag("-a, --all", "Remove all containers"),
    cidfile: list("--cidfile", "FILE", "Read the container's ID from FILE", { complete: "files" }),
    filter: list("--filter", "FILTER", "Remove the containers that match, as in ps"),
    force: flag("-f, --force", "Stop running containers first; do not mind those that do not exist"),
    ignore: flag("-i, --ignore", "Do not mind containers that do not exist"),
    latest: flag("-l, --latest", "Remove the container that was created last"),
    time: value("-t, --time, --timeout", "SECONDS", "Seconds to wait before killing, with --force (-1: for ever)", { parse: wholeNumber(-1), defaultText: "10, or the container's own" }),
    volumes: flag("-v, --volumes", "Remove the container's anonymous volumes too"),
  },
  async run({ options, args, context }) {
    const [{ removeContainer }, { damagedContainers, removeDamaged }, { findContainer, isDamaged }, { isUnknownContainer }] = await Promise.all([
      import("../../core/container/remove.ts"), import("../../core/container/damaged.ts"), import("../../core/container/store.ts"), import("../../core/container/errors.ts"),
    ]);
    const { dirs } = context.engine;
    const damaged = options.all && options.force ? damagedContainers(dirs) : [];
    const sound = await chosenContainers(context, { names: args.containers, all: options.all, latest: options.latest, filters: options.filter, cidfiles: options.cidfile }, "any");
    return await eachTarget(context, [...sound, ...damaged], async (name) => {
      try {
        const request = { force: options.force, volumes: options.volumes, ...(options.time === undefined ? {} : { timeoutSeconds: options.time }) };
        await removeContainer(context.engine, findContainer(dirs, name), request);
        return name;
      } catch (error) {
        if (options.force && isDamaged(error)) {
          await removeDamaged(context.engine, name);
          return name;
        }
        if ((options.ignore || options.force) && isUnknownContainer(error)) return undefined;
        if (isUnknownContainer(error) && error instanceof CalaError) throw new CalaError(error.code, error.message, { hint: "cala ps --all", exitCode: unknownExitCode });
        throw error;
      }
    });
  },
});
