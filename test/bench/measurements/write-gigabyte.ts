import { gigabyteWords } from "../lines-file.ts";
import type { Measurement } from "../measurement.ts";

export const writeGigabyte: Measurement = {
  name: "write", title: "a container writes 1 GB to standard output", unit: "ms", budget: 0.5, rounds: 2, images: ["busybox"],
  measure: (engine, round) => {
    const name = `writer-${round}`;
    const words = gigabyteWords();
    const started = performance.now();
    engine.output("run", "-d", "--name", name, ...words);
    engine.output("wait", name);
    const ms = performance.now() - started;
    engine.output("rm", name);
    return ms;
  },
};
