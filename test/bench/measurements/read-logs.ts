import { gigabyteWords } from "../lines-file.ts";
import type { Measurement } from "../measurement.ts";

export const readLogs: Measurement = {
  name: "logs", title: "`logs` of 1 GB", unit: "ms", budget: 0.5, rounds: 2, images: ["busybox"],
  prepare: (engine) => {
    engine.output("run", "-d", "--name", "talker", ...gigabyteWords());
    engine.output("wait", "talker");
  },
  measure: (engine) => engine.drain("logs", "talker"),
  finish: (engine) => void engine.output("rm", "talker"),
};
