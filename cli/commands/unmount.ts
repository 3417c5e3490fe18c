import { CalaError } from "../../core/base/error.ts";
import { defineCommand } from "../command.ts";
import { chosenContainers, eachTarget } from "../each-target.ts";
import { flag, rest } from "../option.ts";

export const command = defineCommand({
  description: "Takes away the mounts that \"cala mount\" made. Containers that run keep their own.",
  examples: ["cala unmount web", "cala unmount --all"],
  arguments: { containers: rest("CONTAINER", { complete: "containers" }) },
  options: {
    all: flag("-a, --all", "All containers that are mounted"),
    force: flag("-f, --force", "Do not mind containers that are not mounted"),
    latest: flag("-l, --latest", "The container that was created last"),
  },
  async run({ options, args, context }) {
    const [{ unmountContainer, mountedContainers }, { requireUnshare }, { findContainer }] = await Promise.all([import("../../core/container/mount.ts"), import("../../core/storage/mount-points.ts"), import("../../core/container/store.ts")]);
    const { engine } = context;
    requireUnshare(`${context.words.join(" ")} ${args.containers.join(" ")}`.trim());
    const names = options.all ? mountedContainers(engine).map(({ id }) => id) : await chosenContainers(context, { names: args.containers, latest: options.latest }, "any");
    return await eachTarget(context, names, (name) => {
      const wasMounted = unmountContainer(engine, findContainer(engine.dirs, name));
      if (!wasMounted && !options.force) throw new CalaError("root-not-mounted", `the container "${name}" is not mounted here`, { hint: "cala mount" });
      return Promise.resolve(name);
    });
  },
});
