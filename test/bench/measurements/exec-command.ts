import type { Measurement } from "../measurement.ts";

export const execCommand: Measurement = {
  name: "exec", title: "`exec CONTAINER true`", unit: "ms", budget: 0.35, rounds: 21, images: ["busybox"],
  prepare: (engine) => void engine.output("run", "-d", "--name", "idle", "--network", "none", "busybox", "sleep", "10000"),
  measure: (engine) => engine.time("exec", "idle", "true"),
  finish: (engine) => void engine.output("rm", "-f", "-t", "0", "idle"),
};
