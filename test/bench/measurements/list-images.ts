import type { Measurement } from "../measurement.ts";

const names = Array.from({ length: 500 }, (_, index) => `localhost/listed-${index}:latest`);

/** Five hundred names of fifty images. */
export const listImages: Measurement = {
  name: "images", title: "`images` with 500 names", unit: "ms", budget: 1, rounds: 11, images: ["busybox"], group: "images",
  prepare: (engine) => {
    engine.output("pull", "-q", "busybox");
    engine.output("tag", "busybox", ...names);
  },
  measure: (engine) => engine.time("images"),
  finish: (engine) => void engine.output("rmi", "-f", "busybox"),
};
