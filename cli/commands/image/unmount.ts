import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { eachTarget } from "../../each-target.ts";
import { flag, rest } from "../../option.ts";

export const command = defineCommand({
  description: "Takes away the mounts that \"cala image mount\" made, where there are any.",
  examples: ["cala image unmount ubuntu", "cala image unmount --all"],
  arguments: { images: rest("IMAGE", { complete: "images" }) },
  options: {
    all: flag("-a, --all", "All images that are mounted"),
    force: flag("-f, --force", "Take away mounts that are in use, as always happens"),
  },
  async run({ options, args, context }) {
    if (options.all === (args.images.length > 0)) throw new CalaError("arguments-conflict", options.all ? "no images can be given with --all" : "you must name at least one image", { hint: "cala image unmount --help" });
    const [{ unmountImage, mountedImages }, { requireUnshare }] = await Promise.all([import("../../../core/image/mount.ts"), import("../../../core/storage/mount-points.ts")]);
    requireUnshare(`image unmount ${args.images.join(" ")}`.trim());
    return await eachTarget(context, options.all ? mountedImages(context.engine.dirs).map(({ id }) => id) : args.images, async (name) => await unmountImage(context.engine, name));
  },
});
