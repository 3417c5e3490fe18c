import type { Measurement } from "../measurement.ts";

const names = Array.from({ length: 200 }, (_, index) => `listed-${index}`);

export const listContainers: Measurement = {
  name: "ps", title: "`ps -a` with 200 stopped containers", unit: "ms", budget: 1, rounds: 15, images: ["busybox"],
  prepare: (engine) => names.forEach((name) => engine.output("create", "--name", name, "--network", "none", "busybox", "true")),
  measure: (engine) => engine.time("ps", "-a"),
  finish: (engine) => void engine.output("rm", "-f", "-t", "0", ...names),
};
