import type { Engine } from "../engine.ts";
import { median } from "../table.ts";
import type { Measurement } from "../measurement.ts";

const rows = [{ name: "plain", options: [] }, { name: "keep-id", options: ["--userns", "keep-id"] }];
const image = "small-files";
const plainStarts = 5;

let words = 0;
/** With words that were never used before: a known command line is started by a shorter way. */
const start = (engine: Engine, ...options: readonly string[]): number => engine.time("run", "--rm", "--network", "none", ...options, image, "true", String(words++));

/** The very first keep-id start of the store is the one that counts. */
function firstStart(engine: Engine): number {
  engine.output("rmi", "-f", "-i", image);
  engine.output("pull", "-q", image);
  start(engine); // what a first start of any kind reads from the disk
  const first = start(engine, "--userns", "keep-id");
  return first / median(Array.from({ length: plainStarts }, () => start(engine)));
}

/** By how much the store is larger while a container with other ids is there, as a share of what the image has added. */
function growth(engine: Engine): number {
  engine.output("rmi", "-f", "-i", image);
  const empty = engine.diskMegabytes();
  engine.output("pull", "-q", image);
  const before = engine.diskMegabytes();
  engine.output("run", "-d", "--name", "grown", "--network", "none", "--userns", "keep-id", image, "sleep", "1000");
  const after = engine.diskMegabytes();
  engine.output("rm", "-f", "-t", "0", "grown");
  return (after - before) / (before - empty) * 100;
}

/** Starts of an image with many files, with the usual ids and with others: nothing may be copied for those. */
export const startOtherIds: readonly Measurement[] = [
  ...rows.map(({ name, options }): Measurement => ({
    name: `many-files-${name}`, title: `\`run --rm ${[...options, "IMAGE"].join(" ")} true\`, 20 000 files`, unit: "ms", rounds: 11, images: ["many-files"], group: "ids",
    prepare: (engine) => void engine.output("pull", "-q", "many-files"),
    measure: (engine) => engine.time("run", "--rm", "--network", "none", ...options, "many-files", "true"),
  })),
  {
    name: "ownership-start", title: "first `run --userns keep-id` of an image with 100 000 files, as a multiple of a plain `run`", unit: "×", ceiling: 1.5, rounds: 3, images: [image], group: "ownership",
    prepare: (engine) => void engine.output("pull", "-q", image), measure: firstStart,
  },
  {
    name: "ownership-growth", title: "by how much of the image the store is larger with a keep-id container, 100 000 files", unit: "%", ceiling: 5, rounds: 1, images: [image], group: "ownership",
    prepare: (engine) => void engine.output("pull", "-q", image), measure: growth,
  },
];
