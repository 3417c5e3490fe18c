import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { rest } from "../../option.ts";
import { renderError } from "../../render-error.ts";

export const command = defineCommand({
  description: "Puts a report of the native program into words; it becomes this command when a start fails.",
  raw: true,
  arguments: { words: rest("WORD") },
  async run({ args, context }) {
    const { explainReport, reportFromWords } = await import("../../../core/monitor/explain.ts");
    const [dir = "", stage = "", opIndex = "", errno = "", text = ""] = args.words;
    const { text: message, exitCode } = renderError(explainReport(dir, reportFromWords(stage, opIndex, errno, text), await execOrigin(dir, context.env)));
    context.err.write(message);
    return exitCode;
  },
});

/** The origin of an exec's plan, which is in the environment, or was completed natively from the launch's template. */
async function execOrigin(dir: string, env: Context["env"]): Promise<string | undefined> {
  const kind = env["CALA_EXEC_TEMPLATE"];
  if (kind === undefined) return env["CALA_EXEC_ORIGIN"];
  const { templateOrigin } = await import("../../../core/container/exec-template.ts");
  return templateOrigin(dir, kind, env["CALA_EXEC_PROGRAM"] ?? "");
}
