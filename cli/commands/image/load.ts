import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { platformOf } from "../../groups/platform-options.ts";
import { flag, value } from "../../option.ts";

export const command = defineCommand({
  description: "Loads images from an archive that docker, podman, skopeo or cala wrote: docker or OCI form, packed or not, or an OCI directory.",
  examples: ["cala load --input images.tar", "zcat images.tar.gz | cala load"],
  options: {
    input: value("-i, --input", "FILE", "File or directory instead of standard input", { complete: "files" }),
    platform: value("--platform", "OS/ARCH[/VARIANT]", "Which of an image's platforms"),
    quiet: flag("-q, --quiet", "Show no progress"),
  },
  async run({ options, context }) {
    if (options.input === undefined && process.stdin.isTTY) throw new CalaError("archive-unreadable", "standard input is a terminal, and an archive is expected there", { hint: "cala load --input FILE" });
    const [{ imageEngine }, { loadImages }, { imageProgress }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/load.ts"), import("../../output/image-progress.ts")]);
    const { onProgress, close } = imageProgress(context.err, options.quiet);
    try {
      const input = options.input === undefined || options.input === "-" ? process.stdin : options.input;
      const loaded = await loadImages(imageEngine(context.engine), { input, platform: platformOf(options), onProgress, signal: context.signal });
      close();
      for (const { image, names } of loaded) for (const name of names.length === 0 ? [`sha256:${image.id}`] : names) context.print(`Loaded image: ${name}`);
    } finally {
      close();
    }
  },
});
