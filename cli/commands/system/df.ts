import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { flag } from "../../option.ts";
import { formatOption, renderReport } from "../../output/report.ts";

export const command = defineCommand({
  description: "Tells how much room images, containers and volumes take, and how much of it prune would give back. Layers that several images have count once.",
  examples: ["cala system df", "cala system df --verbose", "cala system df --format json"],
  options: { format: formatOption, verbose: flag("-v, --verbose", "Tell of each image, container and volume") },
  async run({ options, context }) {
    if (options.verbose && options.format !== undefined) throw new CalaError("arguments-conflict", "--verbose cannot be used with --format");
    const [{ diskUsage }, { usageRows }, details] = await Promise.all([import("../../../core/system/df.ts"), import("../../rows/usage-rows.ts"), import("../../rows/usage-details.ts")]);
    const usage = await diskUsage(context.engine);
    if (options.verbose) {
      context.out.write(details.usageDetails(usage));
      return;
    }
    const rows = usageRows(usage);
    const documents = rows.map(({ Type, Total, Active, rawSize, rawReclaimable, Size, Reclaimable }) => ({ Type, Total, TotalCount: Total, Active, RawSize: rawSize, RawReclaimable: rawReclaimable, Size, Reclaimable }));
    context.out.write(renderReport({ rows, documents, format: options.format, columns: ["Type", "Total", "Active", "Size", "Reclaimable"], headings: {} }));
  },
});
