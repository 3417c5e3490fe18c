import { CalaError } from "../../../core/base/error.ts";
import type { Context } from "../../context.ts";
import { defineCommand } from "../../command.ts";
import { flag, rest } from "../../option.ts";
import { renderError } from "../../render-error.ts";

export const command = defineCommand({
  description: "Removes images. An image with several names loses only the name by which it is given.",
  examples: ["cala rmi ubuntu:22.04", "cala rmi --force 3f5a8b", "cala rmi --all"],
  arguments: { images: rest("IMAGE", { complete: "images" }) },
  options: {
    all: flag("-a, --all", "Remove all images"),
    force: flag("-f, --force", "Remove containers that use the image, and all names of it"),
    ignore: flag("-i, --ignore", "Do not mind images that do not exist"),
    noPrune: flag("--no-prune", "Keep nameless parents"),
  },
  async run({ options, args, context }) {
    if (options.all === (args.images.length > 0)) throw new CalaError("arguments-conflict", options.all ? "no images can be given with --all" : "you must name at least one image", { hint: "cala rmi --help" });
    const [{ imageEngine }, { removeImage, allImageIds }, { collectImages }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/remove.ts"), import("../../../core/image/collect.ts")]);
    const engine = imageEngine(context.engine);
    let exitCode = 0;
    let deleted = 0;
    for (const name of options.all ? allImageIds(engine) : args.images) {
      try {
        const report = await removeImage(engine, name, {
          force: options.force || options.all, noPrune: options.noPrune,
          ...(options.force ? { removeContainer: async ({ id }) => await removeUser(context, id) } : {}),
        });
        for (const reference of report.untagged) context.print(`Untagged: ${reference}`);
        for (const id of report.deleted) context.print(`Deleted: ${id}`);
        deleted += report.deleted.length;
      } catch (error) {
        if (options.ignore && error instanceof CalaError && error.code === "image-unknown") continue;
        const rendered = renderError(error);
        context.err.write(rendered.text);
        exitCode = rendered.exitCode;
      }
    }
    if (deleted > 0) await collectImages(context.engine);
    return exitCode;
  },
});

/** A container that is in the image's way. */
async function removeUser(context: Context, id: string): Promise<void> {
  const [{ removeContainer }, { findContainer }] = await Promise.all([import("../../../core/container/remove.ts"), import("../../../core/container/store.ts")]);
  await removeContainer(context.engine, findContainer(context.engine.dirs, id), { force: true, volumes: true });
}
