import { CalaError } from "../../core/base/error.ts";
import { defineCommand } from "../command.ts";
import { optionalArgument, flag, value } from "../option.ts";

export const command = defineCommand({
  description: "Writes all files of a container as one tar, running or not. What volumes and mounts hold is not among them.",
  examples: ["cala export --output web.tar web", "cala export web | tar -t"],
  arguments: { container: optionalArgument("CONTAINER", { complete: "containers" }) },
  options: {
    latest: flag("-l, --latest", "The container that was created last", { hidden: true }),
    output: value("-o, --output", "FILE", "File instead of standard output", { complete: "files" }),
  },
  async run({ options, args, context }) {
    if (options.output === undefined && context.out.isTty) throw new CalaError("export-invalid", "an archive is not written to a terminal", { hint: "use --output FILE, or redirect" });
    const [{ targetContainer }, { exportContainer }, { writeStream }] = await Promise.all([import("../target.ts"), import("../../core/container/export.ts"), import("../output/write-stream.ts")]);
    const record = await targetContainer(context, args.container, options.latest);
    await writeStream(exportContainer(context.engine, record), options.output, context.signal);
    const { emitEvent } = await import("../../core/event/emit.ts");
    emitEvent(context.engine, { type: "container", status: "export", id: record.id, name: record.name, image: record.imageName });
  },
});
