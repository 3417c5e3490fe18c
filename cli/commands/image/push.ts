import { writeFileSync } from "node:fs";
import { CalaError } from "../../../core/base/error.ts";
import { transportOf } from "../../../core/oci/transport.ts";
import { defineCommand } from "../../command.ts";
import { compressionOf, compressionOptions } from "../../groups/compression-options.ts";
import { checkPlatform, onlyPlatform } from "../../groups/platform-options.ts";
import { connectOf, credsOption, registryOptions, retryOptions } from "../../groups/registry-options.ts";
import { signByOf, signingOptions } from "../../groups/signing-options.ts";
import { argument, flag, list, optionalArgument, value } from "../../option.ts";

const formats = { "docker-archive": "docker-archive", "oci-archive": "oci-archive", oci: "oci-dir", dir: "docker-dir" } as const;

export const command = defineCommand({
  description: "Pushes an image to a registry. Layers that the registry has already are not sent. With docker-archive:, oci-archive:, oci: or dir: in front, the destination is a file or directory.",
  examples: ["cala push localhost:5000/team/app", "cala push app:1 registry.example/team/app:1", "cala push --digestfile digest.txt app registry.example/app"],
  arguments: { image: argument("IMAGE", { complete: "images" }), destination: optionalArgument("DESTINATION") },
  options: {
    allTags: flag("-a, --all-tags", "Push every tag of the repository that is here"),
    compress: flag("--compress", "Compress layers of a dir: destination"),
    ...compressionOptions,
    creds: credsOption,
    digestfile: value("--digestfile", "FILE", "Write the digest of the pushed image into a file", { complete: "files" }),
    disableContentTrust: flag("--disable-content-trust", "Changes nothing: docker's content trust is not used; see --sign-by and image trust"),
    encryptLayer: list("--encrypt-layer", "LAYER", "Refused: layers are not encrypted"),
    encryptionKey: list("--encryption-key", "KEY", "Refused: layers are not encrypted"),
    forceCompression: flag("--force-compression", "Compress anew what the registry has in another form"),
    format: value("-f, --format", "FORMAT", "Form of the manifest: oci, v2s2", { choices: ["oci", "v2s2", "docker"] }),
    platform: onlyPlatform,
    quiet: flag("-q, --quiet", "Show no progress"),
    removeSignatures: flag("--remove-signatures", "Push no signatures that the image came with; none are pushed in any case"),
    ...registryOptions, ...retryOptions, ...signingOptions,
  },
  async run({ options, args, context }) {
    if (options.encryptLayer.length > 0 || options.encryptionKey.length > 0) throw new CalaError("option-unsupported", "--encrypt-layer and --encryption-key are refused: layers are not encrypted", { hint: "skopeo copy --encryption-key can encrypt an image in a registry" });
    const compression = compressionOf(options);
    if (options.allTags && (args.destination !== undefined || options.digestfile !== undefined)) throw new CalaError("arguments-conflict", "--all-tags can be used neither with a destination nor with --digestfile");
    const signBy = signByOf(options);
    const [{ imageEngine }, { imageProgress }] = await Promise.all([import("../../../core/image/open.ts"), import("../../output/image-progress.ts")]);
    const engine = imageEngine(context.engine);
    await checkPlatform(engine, options.allTags ? [] : [args.image], options.platform);
    const { onProgress, close } = imageProgress(context.err, options.quiet);
    try {
      const elsewhere = transportOf(args.destination ?? "");
      if (elsewhere !== undefined && !Object.hasOwn(formats, elsewhere.transport)) throw new CalaError("transport-refused", `"${elsewhere.transport}:" is refused as a destination: cala writes into no other engine's store`, { hint: `cala save ${args.image} | docker load` });
      const local = /^(docker-archive|oci-archive|oci|dir):(.+)$/s.exec(args.destination ?? "");
      if (local !== null) {
        if (signBy !== undefined) throw new CalaError("option-unsupported", `only images in registries can be signed, and "${args.destination}" is none`);
        const { saveImages } = await import("../../../core/image/save.ts");
        const format = formats[local[1] as keyof typeof formats];
        const [, path = "", name] = (local[1] === "dir" ? /^(.*)$/s : /^(.*?)(?::(.*))?$/s).exec(local[2] ?? "") ?? [];
        await saveImages(engine, { images: [args.image], format, output: path, ...(name === undefined || name === "" ? {} : { name }), compress: options.compress || format !== "docker-archive", onProgress, signal: context.signal });
        return;
      }
      const { pushImage } = await import("../../../core/image/push.ts");
      const images = options.allTags ? await (await import("../../../core/image/repository-tags.ts")).repositoryTags(engine, args.image) : [args.image];
      for (const image of images) {
        const result = await pushImage(engine, {
          image, ...compression, forceCompression: options.forceCompression, connect: connectOf(options), onProgress, signal: context.signal,
          ...(args.destination === undefined ? {} : { destination: args.destination }),
          ...(signBy === undefined ? {} : { signBy }),
          ...(options.format === undefined ? {} : { format: options.format === "oci" ? "oci" as const : "docker" as const }),
        });
        if (options.digestfile !== undefined) writeFileSync(options.digestfile, result.digest);
      }
    } finally {
      close();
    }
  },
});
