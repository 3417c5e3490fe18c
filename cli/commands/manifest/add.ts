import { defineCommand } from "../../command.ts";
import { annotationOf, entryOptions } from "../../groups/manifest-options.ts";
import { connectOf, credsOption, registryOptions } from "../../groups/registry-options.ts";
import { argument, flag, rest } from "../../option.ts";

export const command = defineCommand({
  description: "Adds images to a manifest list, from here or, with docker:// in front or when they are not here, from registries. An image that the list has already is replaced. Prints the list's digest.",
  examples: ["cala manifest add app:1 app:1-arm64", "cala manifest add --arch arm64 --variant v8 app:1 docker://registry.example/app:arm"],
  arguments: { list: argument("LIST"), images: rest("IMAGE", { minimum: 1, complete: "images" }) },
  options: { all: flag("--all", "Add every platform of an image that is a list itself"), ...entryOptions, creds: credsOption, ...registryOptions },
  async run({ options, args, context }) {
    const [{ imageEngine }, { addToList }, { encodeList }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/manifest-edit.ts"), import("../../../core/image/manifest-list.ts")]);
    for (const image of args.images) {
      const list = await addToList(imageEngine(context.engine), args.list, image, { all: options.all, connect: connectOf(options), signal: context.signal }, annotationOf(options));
      if (image === args.images.at(-1)) context.print(encodeList(list).digest.replace(/^sha256:/, ""));
    }
  },
});
