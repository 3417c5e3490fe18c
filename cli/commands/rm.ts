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
    depend: flag("--depend", "Remove the containers that need these, too"),
    filter: list("--filter", "FILTER", "Remove the containers that match, as in ps"),
    force: flag("-f, --force", "Stop running containers first; do not mind those that do not exist"),
    ignore: flag("-i, --ignore", "Do not mind containers that do not exist"),
    latest: flag("-l, --latest", "Remove the container that was created last"),
    time: value("-t, --time, --timeout", "SECONDS", "Seconds to wait before killing, with --force (-1: for ever)", { parse: wholeNumber(-1), defaultText: "10, or the container's own" }),
    volumes: flag("-v, --volumes", "Remove the container's anonymous volumes too"),
  },
  async run({ options, args, context }) {
    const [{ removeContainer }, { damagedContainers, removeDamaged }, { findContainer, isDamaged, listRecords }, { isUnknownContainer }] = await Promise.all([
      import("../../core/container/remove.ts"), import("../../core/container/damaged.ts"), import("../../core/container/store.ts"), import("../../core/container/errors.ts"),
    ]);
    const { dirs } = context.engine;
    const damaged = options.all && options.force ? damagedContainers(dirs) : [];
    const sound = await chosenContainers(context, { names: args.containers, all: options.all, latest: options.latest, filters: options.filter, cidfiles: options.cidfile, ignoresMissing: options.ignore || options.force }, "any");
    const looksForDependents = !options.all && (options.depend || !options.force);
    const named = new Set(looksForDependents ? listRecords(dirs, () => undefined).filter(({ id, name }) => sound.some((word) => word === name || id.startsWith(word))).map(({ id }) => id) : []);
    return await eachTarget(context, [...sound, ...damaged], async (name) => {
      try {
        const request = { force: options.force, volumes: options.volumes, ...(options.time === undefined ? {} : { timeoutSeconds: options.time }) };
        const record = findContainer(dirs, name);
        const dependents = !looksForDependents ? [] : (await import("../../core/container/dependents.ts")).dependentsOf(context.engine, record).filter(({ id }) => !named.has(id));
        if (dependents.length > 0 && !options.depend) throw new CalaError("container-needed", `container ${record.id} has dependent containers which must be removed before it: ${dependents.map(({ id }) => id).join(", ")}`, { hint: `cala rm --depend ${name}` });
        for (const dependent of options.depend ? dependents : []) {
          await removeContainer(context.engine, dependent, request);
          context.print(dependent.id);
        }
        await removeContainer(context.engine, record, request);
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
