import { spawnSync } from "node:child_process";
import type { Sink } from "./output/sink.ts";

/** Sends one line to the system's log through the host's logger, which knows where that is; a host without one keeps what standard error got. */
function tell(priority: "warning" | "err", text: string): void {
  spawnSync("logger", ["--tag", "cala", "--priority", `user.${priority}`, "--", text], { stdio: "ignore" });
}

/** Standard error whose warnings and errors go to the system's log, too (`--syslog`). An error's further lines are part of it. */
export function systemLogSink(sink: Sink): Sink {
  return {
    get isTty(): boolean {
      return sink.isTty;
    },
    columns: () => sink.columns(),
    write: (data) => {
      sink.write(data);
      const text = String(data);
      if (text.startsWith("WARN ")) tell("warning", text.slice("WARN ".length).trim());
      else if (text.startsWith("Error: ")) tell("err", text.replaceAll("\n", " ").trim());
    },
  };
}
