import type { Measurement } from "../measurement.ts";

export const runDefaultNetwork: Measurement = {
  name: "run-default-network", title: "`run --rm IMAGE true`, default network", unit: "ms", budget: 0.4, rounds: 21, images: ["busybox"],
  prepare: (engine) => void engine.output("pull", "-q", "busybox"),
  measure: (engine) => engine.time("run", "--rm", "busybox", "true"),
};
