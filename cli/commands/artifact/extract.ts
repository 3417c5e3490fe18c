import { defineCommand } from "../../command.ts";
import { argument, value } from "../../option.ts";

export const command = defineCommand({
  description: "Writes the files of an artifact into a directory, or one of them to a file.",
  examples: ["cala artifact extract models/tiny:1 ./models", "cala artifact extract --title README.md models/tiny:1 /tmp/readme"],
  arguments: { name: argument("NAME"), target: argument("TARGET", { complete: "files" }) },
  options: { digest: value("--digest", "DIGEST", "Only the file with this digest"), title: value("--title", "TITLE", "Only the file with this title") },
  async run({ options, args, context }) {
    const [{ imageEngine }, { extractArtifact }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/artifact-files.ts")]);
    await extractArtifact(imageEngine(context.engine), { name: args.name, target: args.target, ...(options.title === undefined ? {} : { title: options.title }), ...(options.digest === undefined ? {} : { digest: options.digest }) });
  },
});
