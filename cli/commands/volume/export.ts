import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { argument, value } from "../../option.ts";

export const command = defineCommand({
  description: "Writes all files of a volume as a tar.",
  examples: ["cala volume export --output data.tar data", "cala volume export data | tar -t"],
  arguments: { volume: argument("VOLUME", { complete: "volumes" }) },
  options: { output: value("-o, --output", "FILE", "File instead of standard output", { complete: "files" }) },
  async run({ options, args, context }) {
    if (options.output === undefined && context.out.isTty) throw new CalaError("export-invalid", "an archive is not written to a terminal", { hint: "use --output FILE, or redirect" });
    const [{ exportVolume }, { writeStream }] = await Promise.all([import("../../../core/container/volume-archive.ts"), import("../../output/write-stream.ts")]);
    await writeStream(exportVolume(context.engine, args.volume), options.output, context.signal);
  },
});
