import { writeFileSync } from "node:fs";
import { defineCommand } from "../../command.ts";
import { connectOf, credsOption, registryOptions, retryOptions } from "../../groups/registry-options.ts";
import { signByOf, signingOptions } from "../../groups/signing-options.ts";
import { argument, flag, value } from "../../option.ts";

export const command = defineCommand({
  description: "Pushes an artifact to the registry of its name and prints its digest. Files that the registry has already are not sent.",
  examples: ["cala artifact push registry.example/models/tiny:1"],
  arguments: { name: argument("NAME") },
  options: { creds: credsOption, digestfile: value("--digestfile", "FILE", "Write the digest into a file", { complete: "files" }), quiet: flag("-q, --quiet", "Show no progress"), ...registryOptions, ...retryOptions, ...signingOptions },
  async run({ options, args, context }) {
    const signBy = signByOf(options);
    const [{ imageEngine }, { pushArtifact }, { imageProgress }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/artifact-registry.ts"), import("../../output/image-progress.ts")]);
    const { onProgress, close } = imageProgress(context.err, options.quiet);
    const { digest } = await pushArtifact(imageEngine(context.engine), args.name, { connect: connectOf(options), onProgress, signal: context.signal, ...(signBy === undefined ? {} : { signBy }) }).finally(close);
    if (options.digestfile !== undefined) writeFileSync(options.digestfile, digest);
    context.print(digest);
  },
});
