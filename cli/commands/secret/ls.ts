import { clock } from "../../../core/base/clock.ts";
import { humanDuration } from "../../../core/base/duration.ts";
import { CalaError } from "../../../core/base/error.ts";
import type { SecretRecord } from "../../../core/secret/record.ts";
import { defineCommand } from "../../command.ts";
import { flag, list } from "../../option.ts";
import { formatOption, renderReport } from "../../output/report.ts";

export const command = defineCommand({
  description: "Lists secrets.",
  examples: ["cala secret ls", "cala secret ls --filter name=token --quiet", "cala secret ls --format '{{.Name}}'"],
  options: {
    filter: list("-f, --filter", "KEY=VALUE", "Only secrets that match; keys are name and id"),
    format: formatOption,
    noheading: flag("-n, --noheading", "Leave the heading out"),
    quiet: flag("-q, --quiet", "Print ids only"),
  },
  async run({ options, context }) {
    const [{ listSecrets }, { filterPairs }] = await Promise.all([import("../../../core/secret/record.ts"), import("../../output/filter.ts")]);
    const pairs = filterPairs(options.filter);
    const secrets = listSecrets(context.engine.dirs).filter((secret) => ["name", "id"].every((key) => {
      const wanted = pairs.filter(([name]) => name === key).map(([, text]) => text);
      return wanted.length === 0 || wanted.some((text) => (key === "id" ? secret.id.startsWith(text) : new RegExp(text).test(secret.name)));
    }));
    const stranger = pairs.find(([key]) => key !== "name" && key !== "id");
    if (stranger !== undefined) throw new CalaError("filter-invalid", `"${stranger[0]}" is not a filter for secrets`, { hint: "filters are name, id" });
    if (options.quiet && options.format === undefined) {
      for (const { id } of secrets) context.print(id);
      return;
    }
    context.out.write(renderReport({ rows: secrets.map(rowOf), format: options.format, columns: ["ID", "Name", "Driver", "CreatedAt", "UpdatedAt"], headings: { CreatedAt: "CREATED", UpdatedAt: "UPDATED" }, noHeading: options.noheading }));
  },
});

function rowOf(secret: SecretRecord) {
  const ago = (time: string): string => `${humanDuration(clock.nowMs() - Date.parse(time))} ago`;
  return { ID: secret.id, Name: secret.name, Driver: secret.driver, CreatedAt: ago(secret.createdAt), UpdatedAt: ago(secret.updatedAt) };
}
