import { defineCommand } from "../../command.ts";
import { pairsOf } from "../../groups/manifest-options.ts";
import { argument, flag, list, rest, value } from "../../option.ts";

export const command = defineCommand({
  description: "Makes an artifact of files, which can be pushed to a registry like an image, and prints its digest.",
  examples: ["cala artifact add registry.example/models/tiny:1 weights.bin README.md", "cala artifact add --append registry.example/models/tiny:1 license.txt"],
  arguments: { name: argument("NAME"), files: rest("FILE", { minimum: 1, complete: "files" }) },
  options: {
    annotation: list("--annotation", "NAME=VALUE", "Annotation of the files"),
    append: flag("-a, --append", "Add the files to an artifact that exists"),
    fileType: value("--file-type", "TYPE", "Media type of the files", { defaultText: "application/octet-stream" }),
    replace: flag("--replace", "Take the place of an artifact that exists"),
    type: value("--type", "TYPE", "Type of the artifact"),
  },
  async run({ options, args, context }) {
    const [{ imageEngine }, { addArtifact }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/artifact-files.ts")]);
    const { digest } = await addArtifact(imageEngine(context.engine), {
      name: args.name, files: args.files, annotations: pairsOf(options.annotation), append: options.append, replace: options.replace,
      ...(options.type === undefined ? {} : { type: options.type }), ...(options.fileType === undefined ? {} : { fileType: options.fileType }),
    });
    context.print(digest);
  },
});
