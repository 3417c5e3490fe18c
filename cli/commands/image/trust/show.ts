import { defineCommand } from "../../../command.ts";
import { flag, optionalArgument } from "../../../option.ts";
import { formatList } from "../../../output/json.ts";
import { renderReport } from "../../../output/report.ts";

export const command = defineCommand({
  description: "Shows which images policy.json accepts, rejects, or accepts when they are signed: all rules, or those for a registry or repository.",
  examples: ["cala image trust show", "cala image trust show --json registry.example/team"],
  arguments: { name: optionalArgument("REGISTRY[/REPOSITORY]") },
  options: { json: flag("-j, --json", "Print as JSON"), noheading: flag("-n, --noheading", "Print no heading"), raw: flag("--raw", "Print the policy file as it is") },
  async run({ options, args, context }) {
    const { policyText, trustRows } = await import("../../../../core/config/trust.ts");
    const { env } = context.engine;
    if (options.raw) {
      context.out.write(policyText(env));
      return;
    }
    const rows = trustRows(env, args.name);
    if (options.json) {
      context.out.write(formatList(rows.map(({ transport, name, type, keys }) => ({ transport, name, repo_name: name, type, ...(keys === "" ? {} : { keys: keys.split(",") }) }))));
      return;
    }
    context.out.write(renderReport({ rows: rows.map(({ transport, name, type, keys }) => ({ Transport: transport, Name: name, Type: type, Keys: keys })), format: undefined, columns: ["Transport", "Name", "Type", "Keys"], headings: {}, noHeading: options.noheading }));
  },
});
