import type { Measurement } from "../measurement.ts";

const count = 100;
const names = Array.from({ length: count }, (_, index) => `many-${index}`);

export const startMany: Measurement = {
  name: "start-many", title: `\`start\` of ${count} created containers, all at once`, unit: "ms", budget: 0.4, rounds: 1, images: ["busybox"],
  measure: (engine) => {
    engine.together(names.map((name) => ["create", "--name", name, "--network", "none", "busybox", "sleep", "10000"]));
    const ms = engine.together(names.map((name) => ["start", name]));
    engine.output("rm", "-f", "-t", "0", ...names);
    return ms;
  },
};
