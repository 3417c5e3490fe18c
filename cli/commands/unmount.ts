import { present } from "../../core/base/assert.ts";
import { defineCommand } from "../command.ts";
import { chosenContainers, eachTarget } from "../each-target.ts";
import { flag, rest } from "../option.ts";

export const command = defineCommand({
  description: "Takes away the mounts that \"cala mount\" made, where there are any. Containers that run keep their own.",
  examples: ["cala unmount web", "cala unmount --all"],
  arguments: { containers: rest("CONTAINER", { complete: "containers" }) },
  options: {
    all: flag("-a, --all", "All containers that are mounted"),
    force: flag("-f, --force", "Take away mounts that are in use, as always happens"),
    latest: flag("-l, --latest", "The container that was created last"),
  },
  async run({ options, args, context }) {
    const [{ unmountContainer, mountedContainers }, { requireUnshare }, { findContainer }] = await Promise.all([import("../../core/container/mount.ts"), import("../../core/storage/mount-points.ts"), import("../../core/container/store.ts")]);
    const { engine } = context;
    requireUnshare(`${context.words.join(" ")} ${args.containers.join(" ")}`.trim());
    const names = options.all ? mountedContainers(engine).map(({ id }) => id) : await chosenContainers(context, { names: args.containers, latest: options.latest }, "any");
    const records = new Map(names.map((name) => [name, findContainer(engine.dirs, name)]));
    return await eachTarget(context, [...records.keys()], (name) => {
      unmountContainer(engine, present(records.get(name), "a container that was found"));
      return Promise.resolve(name);
    });
  },
});
