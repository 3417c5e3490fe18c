import { defineCommand } from "../../command.ts";
import { rest } from "../../option.ts";
import { renderError } from "../../render-error.ts";

export const command = defineCommand({
  description: "Puts a report of the native program into words; it becomes this command when a start fails.",
  raw: true,
  arguments: { words: rest("WORD") },
  async run({ args, context }) {
    const { explainReport, reportFromWords } = await import("../../../core/monitor/explain.ts");
    const [dir = "", stage = "", opIndex = "", errno = "", text = ""] = args.words;
    const { text: message, exitCode } = renderError(explainReport(dir, reportFromWords(stage, opIndex, errno, text), context.env["CALA_EXEC_ORIGIN"]));
    context.err.write(message);
    return exitCode;
  },
});
