import { CalaError } from "../../../core/base/error.ts";
import type { ImageEngine } from "../../../core/image/engine.ts";
import type { Context } from "../../context.ts";
import { defineCommand } from "../../command.ts";
import { checkPlatform, onlyPlatform } from "../../groups/platform-options.ts";
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
    platform: onlyPlatform,
  },
  async run({ options, args, context }) {
    if (options.all === (args.images.length > 0)) throw new CalaError("arguments-conflict", options.all ? "no images can be given with --all" : "you must name at least one image", { hint: "cala rmi --help" });
    const [{ imageEngine }, { allImageIds, usersInTheWay }, { collectAfter }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/remove.ts"), import("../../../core/image/collect.ts")]);
    const engine = imageEngine(context.engine);
    await checkPlatform(engine, args.images, options.platform, options.ignore);
    const names = options.all ? allImageIds(engine) : args.images;
    // Stopping containers takes its time: nobody has to wait for it with the store locked.
    if (options.force) for (const name of names) for (const { id } of await usersInTheWay(engine, name)) await removeUser(context, id);
    const { result } = await collectAfter(context.engine, async () => await removeAll(context, engine, names, options));
    return result;
  },
});

interface RmOptions {
  readonly all: boolean;
  readonly force: boolean;
  readonly ignore: boolean;
  readonly noPrune: boolean;
}

/** Removes what can be removed and tells of the rest. @returns the exit code */
async function removeAll(context: Context, engine: ImageEngine, names: readonly string[], options: RmOptions): Promise<number> {
  const { removeImage } = await import("../../../core/image/remove.ts");
  let exitCode = 0;
  for (const name of names) {
    try {
      const report = await removeImage(engine, name, { force: options.force || options.all, noPrune: options.noPrune });
      for (const reference of report.untagged) context.print(`Untagged: ${reference}`);
      for (const id of report.deleted) context.print(`Deleted: ${id}`);
    } catch (error) {
      if (options.ignore && error instanceof CalaError && error.code === "image-unknown") continue;
      const rendered = renderError(error);
      context.err.write(rendered.text);
      exitCode = rendered.exitCode;
    }
  }
  return exitCode;
}

/** A container that is in the image's way. */
async function removeUser(context: Context, id: string): Promise<void> {
  const [{ removeContainer }, { findContainer }] = await Promise.all([import("../../../core/container/remove.ts"), import("../../../core/container/store.ts")]);
  await removeContainer(context.engine, findContainer(context.engine.dirs, id), { force: true, volumes: true });
}
