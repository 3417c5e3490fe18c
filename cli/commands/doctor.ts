import type { Finding } from "../../core/doctor/check.ts";
import { defineCommand } from "../command.ts";
import { flag, list } from "../option.ts";
import { formatOption } from "../output/report.ts";

export const command = defineCommand({
  description: "Examines this host for everything that is known to keep containers from working: each problem has a code that stays the same, a sentence about what it costs, and the command that mends it.\n\nErrors keep containers from running, warnings take away something that users expect, notes are worth knowing. The exit code is 1 when there is an error, else 0. Nothing is changed.",
  examples: ["cala doctor", "cala doctor --all", "cala doctor --check low-ports --check linger-off", "cala doctor --format '{{.Level}} {{.Code}}'"],
  options: {
    all: flag("-a, --all", "Show also what is well"),
    checks: list("--check", "CODE", "Only this check; may be repeated", { commas: true }),
    format: formatOption,
    quiet: flag("-q, --quiet", "Show only the codes of problems"),
  },
  async run({ options, context }) {
    const { examineHost } = await import("../../core/doctor/examine.ts");
    const findings = await examineHost(context.engine, options.checks);
    const shown = options.all ? findings : findings.filter(({ level }) => level !== "ok");
    if (options.quiet) for (const { code } of shown) context.print(code);
    else if (options.format === undefined) context.out.write(describe(shown, findings));
    else {
      const { renderReport } = await import("../output/report.ts");
      const rows = shown.map(({ code, level, message, fix }) => ({ Code: code, Level: level, Message: message, Fix: fix }));
      context.out.write(renderReport({ rows, format: options.format, columns: ["Level", "Code", "Message", "Fix"], headings: {} }));
    }
    return findings.some(({ level }) => level === "error") ? 1 : 0;
  },
});

/** A paragraph for each finding and a line that sums up. */
function describe(shown: readonly Finding[], all: readonly Finding[]): string {
  const paragraphs = shown.map(({ level, code, message, fix }) => `${level.padEnd(8)} ${code}\n         ${message}\n${fix === "" ? "" : `         fix: ${fix.replaceAll("\n", "\n              ")}\n`}`);
  const count = (level: Finding["level"]): number => all.filter((finding) => finding.level === level).length;
  const sum = [["error", count("error")], ["warning", count("warning")], ["note", count("note")]] as const;
  const words = sum.map(([name, number]) => `${number} ${name}${number === 1 ? "" : "s"}`).join(", ");
  return `${[...paragraphs, `${all.length} checks: ${words}`].join(shown.length === 0 ? "" : "\n")}\n`;
}
