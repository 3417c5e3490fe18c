import { defineCommand } from "../../command.ts";
import { flag, optionalArgument, rest } from "../../option.ts";

export const command = defineCommand({
  description: "Takes images over from podman's store (the user's own unless another is given), with their names and exact digests. That store is only read; podman need not be there. Prints the ids.",
  examples: ["cala image import-store", "cala image import-store ~/.local/share/containers/storage fedora:40"],
  arguments: { path: optionalArgument("PATH", { complete: "directories", description: "The store's directory, as podman info --format '{{.Store.GraphRoot}}' prints it." }), images: rest("IMAGE", { description: "Only these; all unless given." }) },
  options: { quiet: flag("-q, --quiet", "Print the ids only") },
  async run({ options, args, context }) {
    const [{ imageEngine }, { importStore }, { imageProgress }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/import-store.ts"), import("../../output/image-progress.ts")]);
    const { onProgress, close } = imageProgress(context.err, options.quiet);
    const request = { images: args.images, onProgress, signal: context.signal, ...(args.path === undefined ? {} : { path: args.path }) };
    const { images, failures } = await importStore(imageEngine(context.engine), request).finally(close);
    for (const { image } of images) context.print(image.id);
    for (const failure of failures) context.err.write(`Error: ${failure}\n`);
    return failures.length === 0 ? 0 : 125;
  },
});
