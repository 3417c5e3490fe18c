import { defineCommand } from "../command.ts";
import { value } from "../option.ts";

export const command = defineCommand({
  description: "Tells about this host and the store: what is there, what is missing, what that costs and what mends it.",
  examples: ["cala info", "cala info --format '{{.Store.GraphDriverName}}'", "cala info --format json"],
  options: { format: value("-f, --format", "FORMAT", "Print with a Go template, or as json") },
  async run({ options, context }) {
    const { infoDocument } = await import("../../core/info/info.ts");
    const document = await infoDocument(context.engine);
    if (options.format === undefined) {
      const { stringify } = await import("yaml");
      context.out.write(stringify(document, { lineWidth: 0 }));
      return;
    }
    const { formatList } = await import("../output/json.ts");
    const { renderDocuments } = await import("../output/report.ts");
    const { withGoNames } = await import("../output/go-names.ts");
    context.out.write(options.format === "json" ? formatList(document) : renderDocuments([withGoNames(document)], options.format));
  },
});
