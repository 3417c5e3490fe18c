import { defineCommand } from "../../command.ts";
import { connectOf, registryOptions } from "../../groups/registry-options.ts";
import { argument, flag } from "../../option.ts";

export const command = defineCommand({
  description: "Prints a manifest list or an image's manifest as JSON: of what is here, else what a registry has.",
  examples: ["cala manifest inspect app:1", "cala manifest inspect --verbose docker://quay.io/fedora/fedora:40"],
  arguments: { name: argument("NAME", { complete: "images" }) },
  options: {
    insecure: flag("--insecure", "The same as --tls-verify=false"),
    verbose: flag("-v, --verbose", "Name, descriptor with platform, and manifest of each image, as docker prints them"),
    ...registryOptions,
  },
  async run({ options, args, context }) {
    const [{ imageEngine }, { inspectManifest, inspectManifestVerbosely }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/manifest-inspect.ts")]);
    const inspect = options.verbose ? inspectManifestVerbosely : inspectManifest;
    context.print(JSON.stringify(await inspect(imageEngine(context.engine), args.name, connectOf({ ...options, ...(options.insecure ? { tlsVerify: false } : {}) })), undefined, 4));
  },
});
