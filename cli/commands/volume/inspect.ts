import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { flag, rest, value } from "../../option.ts";

export const command = defineCommand({
  description: "Prints everything known of volumes as JSON.",
  examples: ["cala volume inspect data", "cala volume inspect --format '{{.Mountpoint}}' data"],
  arguments: { names: rest("VOLUME", { complete: "volumes" }) },
  options: { all: flag("-a, --all", "Inspect all volumes"), format: value("-f, --format", "FORMAT", "Print with a Go template, or as json") },
  async run({ options, args, context }) {
    if (options.all && args.names.length > 0) throw new CalaError("arguments-conflict", "no names can be given with --all");
    const [{ inspectNamed }, { listVolumes }, { renderDocuments }] = await Promise.all([import("../../inspect-named.ts"), import("../../../core/volume/record.ts"), import("../../output/report.ts")]);
    const names = options.all ? listVolumes(context.engine.dirs).map((volume) => volume.name) : args.names;
    if (options.all && names.length === 0) return context.out.write(renderDocuments([], options.format));
    return await inspectNamed(context, names, { format: options.format, latest: false, size: false, type: "volume" });
  },
});
