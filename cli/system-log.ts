import { spawnSync } from "node:child_process";

/** Sends one line to the system's log (`--syslog`) through the host's logger, which knows where that is; a host without one keeps what standard error got. */
export function tellSystemLog(priority: "warning" | "err", text: string): void {
  spawnSync("logger", ["--tag", "cala", "--priority", `user.${priority}`, "--", text], { stdio: "ignore" });
}
