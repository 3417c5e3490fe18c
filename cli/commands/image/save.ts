import { CalaError } from "../../../core/base/error.ts";
import type { SaveFormat } from "../../../core/image/save.ts";
import { defineCommand } from "../../command.ts";
import { checkPlatform, onlyPlatform } from "../../groups/platform-options.ts";
import { flag, rest, value } from "../../option.ts";

export const command = defineCommand({
  description: "Saves images to an archive or a directory, which load, docker, podman and skopeo read.",
  examples: ["cala save --output ubuntu.tar ubuntu", "cala save --format oci-archive ubuntu fedora > images.tar"],
  arguments: { images: rest("IMAGE", { minimum: 1, complete: "images" }) },
  options: {
    compress: flag("--compress", "Compress layers; for docker-dir only"),
    format: value("--format", "FORMAT", "Form of what is written", { initial: "docker-archive", choices: ["docker-archive", "oci-archive", "oci-dir", "docker-dir"] }),
    multiImageArchive: flag("-m, --multi-image-archive", "Take further arguments as images; they always are"),
    output: value("-o, --output", "FILE", "File or directory instead of standard output", { complete: "files" }),
    platform: onlyPlatform,
    quiet: flag("-q, --quiet", "Show no progress"),
    uncompressed: flag("--uncompressed", "Leave layers uncompressed in OCI forms"),
  },
  async run({ options, args, context }) {
    const format = options.format as SaveFormat;
    if (options.compress && format !== "docker-dir") throw new CalaError("arguments-conflict", "--compress can be used with --format docker-dir only");
    if (options.output === undefined && (format === "oci-dir" || format === "docker-dir")) throw new CalaError("save-invalid", `--format ${format} needs --output`);
    if (options.output === undefined && context.out.isTty) throw new CalaError("save-invalid", "an archive is not written to a terminal", { hint: "use --output FILE, or redirect" });
    const [{ imageEngine }, { saveImages }, { imageProgress }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/save.ts"), import("../../output/image-progress.ts")]);
    await checkPlatform(context.engine, args.images, options.platform);
    const { onProgress, close } = imageProgress(context.err, options.quiet);
    try {
      const compress = format === "docker-dir" ? options.compress : format !== "docker-archive" && !options.uncompressed;
      await saveImages(imageEngine(context.engine), { images: args.images, format, compress, output: options.output ?? process.stdout, onProgress, signal: context.signal });
    } finally {
      close();
    }
  },
});
