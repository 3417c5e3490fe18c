import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { flag, rest } from "../../option.ts";

export const command = defineCommand({
  description: "Removes artifacts, and files that no other artifact has. Prints their digests.",
  examples: ["cala artifact rm models/tiny:1", "cala artifact rm --all"],
  arguments: { names: rest("NAME") },
  options: { all: flag("-a, --all", "Remove all artifacts"), ignore: flag("-i, --ignore", "Do not mind artifacts that do not exist") },
  async run({ options, args, context }) {
    if (options.all === (args.names.length > 0)) throw new CalaError("arguments-conflict", options.all ? "no artifacts can be given with --all" : "you must name at least one artifact", { hint: "cala artifact rm --help" });
    const { listArtifacts, removeArtifacts, requireArtifact } = await import("../../../core/image/artifact-store.ts");
    const { dirs } = context.engine;
    const isMissing = (error: unknown): boolean => options.ignore && error instanceof CalaError && error.code === "artifact-unknown";
    const records = options.all ? listArtifacts(dirs) : args.names.flatMap((name) => {
      try {
        return [requireArtifact(dirs, name)];
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    });
    await removeArtifacts(dirs, records);
    for (const { digest } of records) context.print(digest);
  },
});
