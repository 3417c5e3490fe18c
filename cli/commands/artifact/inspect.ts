import { defineCommand } from "../../command.ts";
import { argument, value } from "../../option.ts";
import { withGoNames } from "../../output/go-names.ts";
import { formatList } from "../../output/json.ts";
import { renderDocuments } from "../../output/report.ts";

export const command = defineCommand({
  description: "Prints the manifest of an artifact, its name and its digest as JSON.",
  examples: ["cala artifact inspect models/tiny:1", "cala artifact inspect --format '{{.Digest}}' models/tiny:1"],
  arguments: { name: argument("NAME") },
  options: { format: value("-f, --format", "FORMAT", "Print with a Go template, or as json") },
  async run({ options, args, context }) {
    const { requireArtifact } = await import("../../../core/image/artifact-store.ts");
    const record = requireArtifact(context.engine.dirs, args.name);
    const document = { Manifest: JSON.parse(record.manifest) as unknown, Name: record.reference, Digest: record.digest };
    context.out.write(options.format === undefined || options.format === "json" ? formatList(document) : renderDocuments([withGoNames(document)], options.format));
  },
});
