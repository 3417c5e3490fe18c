import { defineCommand } from "../../command.ts";
import { flag } from "../../option.ts";
import { formatOption, renderReport } from "../../output/report.ts";

export const command = defineCommand({
  description: "Lists the artifacts that are here.",
  examples: ["cala artifact ls", "cala artifact ls --format '{{.Repository}}:{{.Tag}} {{.Digest}}'"],
  options: { format: formatOption, noTrunc: flag("--no-trunc", "Print digests whole"), noheading: flag("-n, --noheading", "Print no heading") },
  async run({ options, context }) {
    const [{ listArtifacts, artifactManifest }, { parseReference, repositoryOf }, { formatBytes }, { humanDuration }] = await Promise.all([import("../../../core/image/artifact-store.ts"), import("../../../core/oci/reference.ts"), import("../../../core/base/bytes.ts"), import("../../../core/base/duration.ts")]);
    const rows = listArtifacts(context.engine.dirs).map((record) => {
      const reference = parseReference(record.reference);
      const bytes = artifactManifest(record).layers.reduce((sum, layer) => sum + layer.size, 0);
      const hex = record.digest.replace(/^sha256:/, "");
      return { Repository: repositoryOf(reference), Tag: reference.tag ?? "<none>", Digest: options.noTrunc ? hex : hex.slice(0, 12), Created: `${humanDuration(Date.now() - Date.parse(record.createdAt))} ago`, Size: formatBytes(bytes), VirtualSize: bytes };
    });
    context.out.write(renderReport({ rows, format: options.format, columns: ["Repository", "Tag", "Digest", "Created", "Size"], headings: {}, noHeading: options.noheading }));
  },
});
