import type { Measurement } from "../measurement.ts";

const plain = ["run", "--rm", "--network", "none"];
const common = { unit: "ms", images: ["busybox"], prepare: (engine) => void engine.output("pull", "-q", "busybox") } satisfies Partial<Measurement>;

export const runNoNetwork: Measurement = {
  ...common, name: "run-no-network", title: "`run --rm --network none IMAGE true`", budget: 0.35, rounds: 21,
  measure: (engine) => engine.time(...plain, "busybox", "true"),
};

/** Each round has a command and a name that were never used before. */
export const runNewWords: Measurement = {
  ...common, name: "run-new-words", title: "the same with `--name` and a command never used before", budget: 0.35, rounds: 11,
  measure: (engine, round) => engine.time(...plain, "--name", `bench-${process.pid}-${round}`, "busybox", "true", `${process.pid}-${round}`),
};

/** Options that were never used before have no launch template: Node decides. */
export const runNewOptions: Measurement = {
  ...common, name: "run-new-options", title: "the same with an option never used before (a new label)", rounds: 11,
  measure: (engine, round) => engine.time(...plain, "--label", `bench=${process.pid}-${round}`, "busybox", "true"),
};
