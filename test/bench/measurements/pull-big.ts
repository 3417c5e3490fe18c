import type { Measurement } from "../measurement.ts";

export const pullBig: Measurement = {
  name: "pull", title: "pull and unpack a 500 MB image from a local registry", unit: "ms", budget: 1, rounds: 2, images: ["busybox", "big"],
  measure: (engine) => {
    const ms = engine.time("pull", "-q", "big");
    engine.output("rmi", "-f", "big");
    return ms;
  },
};
