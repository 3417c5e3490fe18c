import { defineCommand } from "../../command.ts";
import { connectOf, registryOptions } from "../../groups/registry-options.ts";
import { argument, flag, optionalArgument } from "../../option.ts";

export const command = defineCommand({
  description: "Prints a manifest list or an image's manifest as JSON: of what is here, else what a registry has.",
  examples: ["cala manifest inspect app:1", "cala manifest inspect app:1 app:1-arm64", "cala manifest inspect --verbose docker://quay.io/fedora/fedora:40"],
  arguments: { name: argument("NAME", { complete: "images" }), image: optionalArgument("IMAGE", { complete: "images", description: "Of the manifest list NAME, this image: its digest, its name here, or the one that it was added by" }) },
  options: {
    insecure: flag("--insecure", "The same as --tls-verify=false"),
    verbose: flag("-v, --verbose", "Name, descriptor with platform, and manifest of each image, as docker prints them"),
    ...registryOptions,
  },
  async run({ options, args, context }) {
    const [{ imageEngine }, { inspectManifest, inspectManifestVerbosely }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/manifest-inspect.ts")]);
    const inspect = options.verbose ? inspectManifestVerbosely : inspectManifest;
    const named = args.image === undefined ? { name: args.name } : { name: args.image, list: args.name };
    context.print(JSON.stringify(await inspect(imageEngine(context.engine), named, connectOf({ ...options, ...(options.insecure ? { tlsVerify: false } : {}) })), undefined, 4));
  },
});
