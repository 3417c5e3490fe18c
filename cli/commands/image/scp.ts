import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { argument, flag, optionalArgument } from "../../option.ts";

export const command = defineCommand({
  description: "Copies an image between machines over ssh: from here to HOST::, or from HOST::IMAGE to here. The other side needs cala, podman or docker on its PATH; ssh asks for what it needs.",
  examples: ["cala image scp app:1 me@server::", "cala image scp me@server::app:1"],
  arguments: { source: argument("[[USER@]HOST::]IMAGE", { complete: "images" }), destination: optionalArgument("[USER@]HOST::") },
  options: { quiet: flag("-q, --quiet", "Show no progress") },
  async run({ options, args, context }) {
    const { parseScp, sendImage, fetchImage } = await import("../../../core/image/scp.ts");
    const [{ imageEngine }, { imageProgress }] = await Promise.all([import("../../../core/image/open.ts"), import("../../output/image-progress.ts")]);
    const engine = imageEngine(context.engine);
    const copy = parseScp(args.source, args.destination);
    const { onProgress, close } = imageProgress(context.err, options.quiet);
    const transfer = { host: copy.host, image: copy.image, onProgress, signal: context.signal };
    if (copy.direction === "send") {
      await sendImage(engine, transfer).finally(close);
      return;
    }
    const loaded = await fetchImage(engine, transfer).finally(close);
    for (const { names, image } of loaded) context.print(`Loaded image: ${names[0] ?? image.id}`);
    if (loaded.length === 0) throw new CalaError("image-unknown", `there is no image "${copy.image}" on "${copy.host}"`);
  },
});
