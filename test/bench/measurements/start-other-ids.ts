import type { Measurement } from "../measurement.ts";

const rows = [{ name: "plain", options: [] }, { name: "keep-id", options: ["--userns", "keep-id"] }];

/** Starts of an image with many files, with the usual ids and with others: nothing may be copied for those. */
export const startOtherIds: readonly Measurement[] = rows.map(({ name, options }) => ({
  name: `many-files-${name}`, title: `\`run --rm ${[...options, "IMAGE"].join(" ")} true\`, 20 000 files`, unit: "ms", rounds: 11, images: ["many-files"], group: "ids",
  prepare: (engine) => void engine.output("pull", "-q", "many-files"),
  measure: (engine) => engine.time("run", "--rm", "--network", "none", ...options, "many-files", "true"),
}));
