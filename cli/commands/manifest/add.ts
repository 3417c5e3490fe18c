import { CalaError } from "../../../core/base/error.ts";
import type { ListArtifactRequest } from "../../../core/image/manifest-artifact.ts";
import { defineCommand } from "../../command.ts";
import { annotationOf, entryOptions } from "../../groups/manifest-options.ts";
import { connectOf, credsOption, registryOptions } from "../../groups/registry-options.ts";
import { argument, flag, rest, value, type OptionValues } from "../../option.ts";

const artifactOptions = {
  artifactConfig: value("--artifact-config", "FILE", "File with the artifact's config", { complete: "files" }),
  artifactConfigType: value("--artifact-config-type", "TYPE", "Media type of the artifact's config"),
  artifactExcludeTitles: flag("--artifact-exclude-titles", "Do not note the files' names in the artifact"),
  artifactLayerType: value("--artifact-layer-type", "TYPE", "Media type of the artifact's files", { defaultText: "application/octet-stream" }),
  artifactSubject: value("--artifact-subject", "IMAGE", "The image that the artifact is about", { complete: "images" }),
  artifactType: value("--artifact-type", "TYPE", "Type of the artifact"),
} as const;

export const command = defineCommand({
  description: "Adds images to a manifest list, from here or, with docker:// in front or when they are not here, from registries. An image that the list has already is replaced. With --artifact, files are added as an artifact. Prints the list's id.",
  examples: ["cala manifest add app:1 app:1-arm64", "cala manifest add --arch arm64 --variant v8 app:1 docker://registry.example/app:arm", "cala manifest add --artifact --artifact-type application/spdx+json app:1 sbom.json"],
  arguments: { list: argument("LIST"), images: rest("IMAGE", { minimum: 1, complete: "images" }) },
  options: {
    all: flag("--all", "Add every platform of an image that is a list itself"),
    artifact: flag("--artifact", "What is named are files, which become an artifact"), ...artifactOptions,
    ...entryOptions, creds: credsOption, ...registryOptions,
  },
  async run({ options, args, context }) {
    const [{ imageEngine }, { listId }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/manifest-list.ts")]);
    const engine = imageEngine(context.engine);
    const asked = { connect: connectOf(options), signal: context.signal };
    const artifact = artifactOf(options);
    if (options.artifact) {
      const { addArtifactToList } = await import("../../../core/image/manifest-artifact.ts");
      return context.print(listId(await addArtifactToList(engine, args.list, { ...artifact, files: args.images, ...asked }, annotationOf(options))));
    }
    if (artifact.excludeTitles || Object.keys(artifact).length > 1) throw new CalaError("arguments-conflict", "the options of artifacts need --artifact", { hint: "cala manifest add --help" });
    const { addToList } = await import("../../../core/image/manifest-edit.ts");
    for (const image of args.images) {
      const list = await addToList(engine, args.list, image, { all: options.all, ...asked }, annotationOf(options));
      if (image === args.images.at(-1)) context.print(listId(list));
    }
  },
});

function artifactOf(values: OptionValues<typeof artifactOptions>): Omit<ListArtifactRequest, "files"> {
  const { artifactType, artifactConfig, artifactConfigType, artifactLayerType, artifactSubject } = values;
  return {
    excludeTitles: values.artifactExcludeTitles,
    ...(artifactType === undefined ? {} : { type: artifactType }), ...(artifactConfig === undefined ? {} : { configFile: artifactConfig }),
    ...(artifactConfigType === undefined ? {} : { configType: artifactConfigType }), ...(artifactLayerType === undefined ? {} : { layerType: artifactLayerType }),
    ...(artifactSubject === undefined ? {} : { subject: artifactSubject }),
  };
}
