import { defineCommand } from "../../command.ts";
import { eachTarget } from "../../each-target.ts";
import { flag, rest, value } from "../../option.ts";
import { alignColumns } from "../../output/table.ts";

export const command = defineCommand({
  description: "Mounts images, read-only, and prints where, or lists those that are mounted. Works inside \"cala unshare\", where this user may mount; the mounts are gone with that shell. An image is not removed while it is mounted.",
  examples: ["cala unshare sh -c 'cat $(cala image mount ubuntu)/etc/os-release'"],
  arguments: { images: rest("IMAGE", { complete: "images" }) },
  options: {
    all: flag("-a, --all", "All images"),
    format: value("--format", "FORMAT", "json, or nothing for a list", { choices: ["json"] }),
  },
  async run({ options, args, context }) {
    const [{ mountImage, mountedImages }, { requireUnshare }, { listImages }] = await Promise.all([import("../../../core/image/mount.ts"), import("../../../core/storage/mount-points.ts"), import("../../../core/image/image-store.ts")]);
    const { engine } = context;
    const json = (images: readonly { readonly id: string; readonly names: readonly string[]; readonly path: string }[]): void => {
      context.print(JSON.stringify(images.map(({ id, names, path }) => ({ id, Repositories: names, mountpoint: path })), null, 1));
    };
    if (args.images.length === 0 && !options.all) {
      const mounted = mountedImages(engine.dirs);
      if (options.format === "json") return json(mounted);
      return context.out.write(alignColumns(mounted.map(({ id, names, path }) => [names[0] ?? id, path])));
    }
    requireUnshare(`image mount ${args.images.join(" ")}`.trim());
    const wanted = options.all ? listImages(engine.dirs).map(({ id }) => id) : args.images;
    if (options.format === "json") return json(await Promise.all(wanted.map((name) => mountImage(engine, name))));
    return await eachTarget(context, wanted, async (name) => {
      const { path } = await mountImage(engine, name);
      return wanted.length === 1 && !options.all ? path : `${name} ${path}`;
    });
  },
});
