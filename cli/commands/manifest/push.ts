import { writeFileSync } from "node:fs";
import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { compressionOf, compressionOptions } from "../../groups/compression-options.ts";
import { connectOf, credsOption, registryOptions } from "../../groups/registry-options.ts";
import { signByOf, signingOptions } from "../../groups/signing-options.ts";
import { argument, flag, list, optionalArgument, value } from "../../option.ts";

export const command = defineCommand({
  description: "Pushes the images of a manifest list to a registry, then the list. Prints the list's digest.",
  examples: ["cala manifest push registry.example/app:1", "cala manifest push --rm app:1 docker://registry.example/app:1"],
  arguments: { list: argument("LIST"), destination: optionalArgument("DESTINATION") },
  options: {
    addCompression: list("--add-compression", "FORMAT", "Refused: lists with each image packed in several ways cannot be made"),
    all: flag("--all", "Push the images too; with =false the registry must have them already", { initial: true }),
    ...compressionOptions,
    creds: credsOption,
    digestfile: value("--digestfile", "FILE", "Write the digest of the pushed list into a file", { complete: "files" }),
    forceCompression: flag("--force-compression", "Compress anew what the registry has in another form"),
    format: value("-f, --format", "FORMAT", "Form of the list: oci or v2s2", { initial: "oci", choices: ["oci", "v2s2", "docker"] }),
    insecure: flag("--insecure", "The same as --tls-verify=false"),
    purge: flag("-p, --purge", "The same as --rm"),
    quiet: flag("-q, --quiet", "Show no progress"),
    removeSignatures: flag("--remove-signatures", "Push no signatures that the images came with; none are pushed in any case"),
    rm: flag("--rm", "Remove the list here when it has been pushed"),
    ...registryOptions, ...signingOptions,
  },
  async run({ options, args, context }) {
    if (options.addCompression.length > 0) throw new CalaError("option-unsupported", "--add-compression is refused: an image is pushed packed in one way", { hint: "use --compression-format" });
    const compression = compressionOf(options);
    const signBy = signByOf(options);
    const [{ imageEngine }, { pushList }, { imageProgress }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/manifest-push.ts"), import("../../output/image-progress.ts")]);
    const { onProgress, close } = imageProgress(context.err, options.quiet);
    const { digest } = await pushList(imageEngine(context.engine), {
      list: args.list, all: options.all, format: options.format === "oci" ? "oci" : "docker", ...compression,
      forceCompression: options.forceCompression, connect: connectOf({ ...options, ...(options.insecure ? { tlsVerify: false } : {}) }), onProgress, signal: context.signal,
      ...(args.destination === undefined ? {} : { destination: args.destination }),
      ...(signBy === undefined ? {} : { signBy }),
    }).finally(close);
    if (options.digestfile !== undefined) writeFileSync(options.digestfile, digest);
    if (options.rm || options.purge) await (await import("../../../core/image/manifest-remove.ts")).dropList(context.engine.dirs, args.list);
    context.print(digest);
  },
});
