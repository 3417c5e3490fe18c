import { defineCommand } from "../../command.ts";
import { checkPlatform, onlyPlatform } from "../../groups/platform-options.ts";
import { argument, flag } from "../../option.ts";
import { formatOption, renderReport } from "../../output/report.ts";

const longestCommand = 45;

export const command = defineCommand({
  description: "Shows the steps that made an image, newest first.",
  examples: ["cala history ubuntu", "cala history --no-trunc --format '{{.CreatedBy}}' ubuntu"],
  arguments: { image: argument("IMAGE", { complete: "images" }) },
  options: {
    format: formatOption,
    human: flag("-H, --human", "Print sizes and times for people", { initial: true }),
    noTrunc: flag("--no-trunc", "Do not shorten anything"),
    platform: onlyPlatform,
    quiet: flag("-q, --quiet", "Print ids only"),
  },
  async run({ options, args, context }) {
    const [{ imageEngine }, { imageHistory }, { formatBytes }, { humanDuration }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/history.ts"), import("../../../core/base/bytes.ts"), import("../../../core/base/duration.ts")]);
    await checkPlatform(context.engine, [args.image], options.platform);
    const steps = await imageHistory(imageEngine(context.engine), args.image);
    const rows = steps.map((step) => {
      const ageMs = Date.now() - Date.parse(step.createdAt);
      const id = step.id === undefined ? "<missing>" : options.noTrunc ? step.id : step.id.slice(0, 12);
      const by = step.createdBy.replaceAll("\t", " ");
      const since = `${humanDuration(ageMs)} ago`;
      return {
        ID: id, Id: id, Created: options.human ? since : step.createdAt, CreatedAt: step.createdAt, CreatedSince: since,
        CreatedBy: options.noTrunc || by.length <= longestCommand ? by : `${by.slice(0, longestCommand - 3)}...`,
        Size: options.human ? formatBytes(step.sizeBytes) : step.sizeBytes, Comment: step.comment, Tags: step.tags,
      };
    });
    if (options.quiet && options.format === undefined) {
      for (const row of rows) context.print(row.ID);
      return;
    }
    const documents = steps.map((step) => ({ id: step.id ?? "<missing>", created: step.createdAt, CreatedBy: step.createdBy, size: step.sizeBytes, comment: step.comment, ...(step.tags.length === 0 ? {} : { tags: step.tags }) }));
    context.out.write(renderReport({ rows, documents, format: options.format, columns: ["ID", "Created", "CreatedBy", "Size", "Comment"], headings: { ID: "ID", CreatedBy: "CREATED BY" } }));
  },
});
