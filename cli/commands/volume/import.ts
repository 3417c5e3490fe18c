import { defineCommand } from "../../command.ts";
import { argument } from "../../option.ts";

export const command = defineCommand({
  description: "Unpacks a tar, packed or not, into a volume. Files that it does not name stay.",
  examples: ["cala volume import data data.tar", "tar -C site -c . | cala volume import data -"],
  arguments: { volume: argument("VOLUME", { complete: "volumes" }), source: argument("FILE", { complete: "files", description: "A file, or - for standard input." }) },
  async run({ args, context }) {
    const { importVolume } = await import("../../../core/container/volume-archive.ts");
    await importVolume(context.engine, args.volume, args.source === "-" ? process.stdin : args.source, context.signal);
  },
});
