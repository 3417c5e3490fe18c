import type { Measurement } from "../measurement.ts";

/** Ends at once when it is asked to; `wait` returns when the signal comes. */
const obedient = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1000 & wait; done"];

export const stopCommand: Measurement = {
  name: "stop", title: "`stop` of a container that ends on SIGTERM", unit: "ms", budget: 0.4, rounds: 9, images: ["busybox"],
  measure: (engine, round) => {
    const name = `obedient-${round}`;
    engine.output("run", "-d", "--name", name, "--network", "none", "busybox", ...obedient);
    engine.output("exec", name, "sleep", "0.2"); // the trap is set
    const ms = engine.time("stop", name);
    engine.output("rm", name);
    return ms;
  },
};
