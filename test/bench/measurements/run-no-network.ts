import type { Measurement } from "../measurement.ts";

export const runNoNetwork: Measurement = {
  name: "run-no-network", title: "`run --rm --network none IMAGE true`", unit: "ms", budget: 0.35, rounds: 21, images: ["busybox"],
  prepare: (engine) => void engine.output("pull", "-q", "busybox"),
  measure: (engine) => engine.time("run", "--rm", "--network", "none", "busybox", "true"),
};
