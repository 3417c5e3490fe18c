import { resolve } from "node:path";
import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { connectOf, registryOptions } from "../../groups/registry-options.ts";
import { flag, rest, value } from "../../option.ts";

export const command = defineCommand({
  description: "Signs images that are in registries with a key of GnuPG, into the lookaside store of registries.d or a directory. Of an image for several platforms, its list and this machine's image are signed.",
  examples: ["cala image sign --sign-by me@example.org docker://registry.example/team/app:1", "cala image sign --all --sign-by me@example.org --directory ./signatures docker://registry.example/team/app:1"],
  arguments: { images: rest("IMAGE", { minimum: 1, complete: "images" }) },
  options: {
    all: flag("-a, --all", "Sign the images of all platforms"),
    directory: value("-d, --directory", "DIRECTORY", "Where signatures are put", { complete: "directories" }),
    signBy: value("--sign-by", "KEY", "Name or id of the key"),
    ...registryOptions,
  },
  async run({ options, args, context }) {
    const { signBy, directory } = options;
    if (signBy === undefined) throw new CalaError("key-missing", "you must name a key", { hint: "cala image sign --sign-by KEY IMAGE" });
    const [{ imageEngine }, { signImage }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/signature/sign-image.ts")]);
    for (const image of args.images) {
      await signImage(imageEngine(context.engine), { image, key: signBy, all: options.all, connect: connectOf(options), signal: context.signal, ...(directory === undefined ? {} : { directory: resolve(directory) }) });
    }
  },
});
