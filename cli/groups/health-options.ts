import { flag, value } from "../option.ts";

/** How the container's health is looked after: shared by run and create. */
export const healthOptions = {
  healthCmd: value("--health-cmd", "COMMAND", "Command that tells whether the container is well (exit code 0): for a shell, a JSON list, or none"),
  healthInterval: value("--health-interval", "DURATION", "Time between two probes; disable: only those that healthcheck run asks for", { defaultText: "30s" }),
  healthTimeout: value("--health-timeout", "DURATION", "Time after which a probe counts as failed", { defaultText: "30s" }),
  healthRetries: value("--health-retries", "NUMBER", "Failures in a row that make the container unhealthy", { defaultText: "3" }),
  healthStartPeriod: value("--health-start-period", "DURATION", "Time after the start in which failures do not count", { defaultText: "0s" }),
  healthStartInterval: value("--health-start-interval", "DURATION", "Time between two probes during the start period", { defaultText: "5s" }),
  healthOnFailure: value("--health-on-failure", "ACTION", "What becomes of an unhealthy container: none, kill, restart or stop", { choices: ["none", "kill", "restart", "stop"], defaultText: "none" }),
  healthLogDestination: value("--health-log-destination", "PLACE", "Where the last probes are noted: local (beside the container) or a directory", { defaultText: "local" }),
  healthMaxLogCount: value("--health-max-log-count", "NUMBER", "How many probes are noted (0: all)", { defaultText: "5" }),
  healthMaxLogSize: value("--health-max-log-size", "BYTES", "How much of a probe's output is noted (0: all)", { defaultText: "500" }),
  healthStartupCmd: value("--health-startup-cmd", "COMMAND", "Command that must succeed before the health is looked after"),
  healthStartupInterval: value("--health-startup-interval", "DURATION", "Time between two of its runs", { defaultText: "30s" }),
  healthStartupTimeout: value("--health-startup-timeout", "DURATION", "Time after which a run of it counts as failed", { defaultText: "30s" }),
  healthStartupRetries: value("--health-startup-retries", "NUMBER", "Failures in a row after which the container is restarted (0: never)", { defaultText: "0" }),
  healthStartupSuccess: value("--health-startup-success", "NUMBER", "Successes in a row that it takes", { defaultText: "1" }),
  noHealthcheck: flag("--no-healthcheck", "Do without the image's health check"),
} as const;
