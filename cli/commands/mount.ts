import { CalaError } from "../../core/base/error.ts";
import { defineCommand } from "../command.ts";
import { chosenContainers, eachTarget } from "../each-target.ts";
import { flag, rest, value } from "../option.ts";
import { alignColumns } from "../output/table.ts";

export const command = defineCommand({
  description: "Mounts the roots of containers and prints where, or lists those that are mounted. Works inside \"cala unshare\", where this user may mount; the mounts are gone with that shell.",
  examples: ["cala unshare sh -c 'cp -r $(cala mount web)/etc .'"],
  arguments: { containers: rest("CONTAINER", { complete: "containers" }) },
  options: {
    all: flag("-a, --all", "All containers"),
    format: value("--format", "FORMAT", "json, or nothing for a list", { choices: ["json"] }),
    latest: flag("-l, --latest", "The container that was created last"),
    noTrunc: flag("--no-trunc, --notruncate", "Do not shorten ids"),
  },
  async run({ options, args, context }) {
    const [{ mountContainer, mountedContainers }, { requireUnshare }, { findContainer }] = await Promise.all([import("../../core/container/mount.ts"), import("../../core/storage/mount-points.ts"), import("../../core/container/store.ts")]);
    const { engine } = context;
    const isListing = args.containers.length === 0 && !options.all && !options.latest;
    if (isListing && options.format === "json") return context.print(JSON.stringify(mountedContainers(engine).map(({ id, path }) => ({ id, Names: [findContainer(engine.dirs, id).name], mountpoint: path })), null, 1));
    if (isListing) return context.out.write(alignColumns(mountedContainers(engine).map(({ id, path }) => [options.noTrunc ? id : id.slice(0, 12), path])));
    if (options.format !== undefined) throw new CalaError("arguments-conflict", "--format is for the list of mounted containers");
    requireUnshare(`${context.words.join(" ")} ${args.containers.join(" ")}`.trim());
    const names = await chosenContainers(context, { names: args.containers, all: options.all, latest: options.latest }, "any");
    return await eachTarget(context, names, async (name) => {
      const path = await mountContainer(engine, findContainer(engine.dirs, name));
      return names.length === 1 ? path : `${name} ${path}`;
    });
  },
});
