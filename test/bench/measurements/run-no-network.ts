import type { Measurement } from "../measurement.ts";

export const runNoNetwork: Measurement = {
  name: "run-no-network", title: "`run --rm --network none IMAGE true`, words used before", unit: "ms", budget: 0.35, rounds: 21, images: ["busybox"],
  prepare: (engine) => void engine.output("pull", "-q", "busybox"),
  measure: (engine) => engine.time("run", "--rm", "--network", "none", "busybox", "true"),
};

/** A command line that was never run before has no launch template: each round has words of its own. */
export const runNewWords: Measurement = {
  name: "run-new-words", title: "`run --rm --network none IMAGE true WORD`, words never used before", unit: "ms", budget: 0.35, rounds: 11, images: ["busybox"],
  prepare: (engine) => void engine.output("pull", "-q", "busybox"),
  measure: (engine, round) => engine.time("run", "--rm", "--network", "none", "busybox", "true", `${process.pid}-${round}`),
};
