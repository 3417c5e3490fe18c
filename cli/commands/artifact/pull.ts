import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { connectOf, credsOption, registryOptions, retryOptions } from "../../groups/registry-options.ts";
import { argument, flag, list } from "../../option.ts";

export const command = defineCommand({
  description: "Pulls an artifact from a registry and prints its digest.",
  examples: ["cala artifact pull registry.example/models/tiny:1"],
  arguments: { name: argument("NAME") },
  options: { creds: credsOption, decryptionKey: list("--decryption-key", "KEY", "Refused: encrypted artifacts are not supported"), quiet: flag("-q, --quiet", "Show no progress"), ...registryOptions, ...retryOptions },
  async run({ options, args, context }) {
    if (options.decryptionKey.length > 0) throw new CalaError("option-unsupported", "encrypted artifacts are not supported");
    const [{ imageEngine }, { pullArtifact }, { imageProgress }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/artifact-registry.ts"), import("../../output/image-progress.ts")]);
    const { onProgress, close } = imageProgress(context.err, options.quiet);
    const { digest } = await pullArtifact(imageEngine(context.engine), args.name, { connect: connectOf(options), onProgress, signal: context.signal }).finally(close);
    context.print(digest);
  },
});
