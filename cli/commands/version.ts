import { defineCommand } from "../command.ts";
import { value } from "../option.ts";

export const command = defineCommand({
  description: "Prints the version of cala and of what it runs on.",
  examples: ["cala version", "cala version --format '{{.Client.Version}}'"],
  options: { format: value("-f, --format", "FORMAT", "Print with a Go template, or as json") },
  async run({ options, context }) {
    const { versionDocument } = await import("../../core/info/version.ts");
    const client = versionDocument();
    if (options.format !== undefined) {
      const { renderDocuments } = await import("../output/report.ts");
      const text = options.format === "json" ? `${JSON.stringify({ Client: client })}\n` : renderDocuments([{ Client: client, ...client }], options.format);
      context.out.write(text);
      return;
    }
    const { alignColumns } = await import("../output/table.ts");
    const lines = [["Client:", "cala"], ["Version:", String(client["Version"])], ["API Version:", String(client["APIVersion"])], ["Runs on:", String(client["GoVersion"])], ["OS/Arch:", String(client["OsArch"])]];
    context.out.write(alignColumns(lines));
  },
});
