import type { Engine } from "../engine.ts";
import { median } from "../table.ts";
import type { Measurement } from "../measurement.ts";

const rows = [{ name: "plain", options: [] }, { name: "keep-id", options: ["--userns", "keep-id"] }];
const image = "small-files";
const plainStarts = 5;

let words = 0;
/** With words that were never used before: a known command line is started by a shorter way. */
const start = (engine: Engine, ...options: readonly string[]): number => engine.time("run", "--rm", "--network", "none", ...options, image, "true", String(words++));

/** What the first keep-id container of a store costs. */
interface FirstContainer {
  /** Of a plain start. */
  readonly multiple: number;
  /** Of what the image takes on disk. */
  readonly growthPercent: number;
}

const first = new Map<string, FirstContainer>();

/** Both numbers of one container, once per engine: the image is not removed and pulled again, which takes minutes where a disk forgets blocks one by one. */
function firstContainer(engine: Engine): FirstContainer {
  const known = first.get(engine.name);
  if (known !== undefined) return known;
  const empty = engine.diskMegabytes();
  engine.output("pull", "-q", image);
  start(engine); // what a first start of any kind reads from the disk
  const before = engine.diskMegabytes();
  const took = engine.time("run", "-d", "--name", "grown", "--network", "none", "--userns", "keep-id", image, "sleep", "1000");
  const after = engine.diskMegabytes();
  engine.output("rm", "-f", "-t", "0", "grown");
  const plain = median(Array.from({ length: plainStarts }, () => start(engine)));
  const result = { multiple: took / plain, growthPercent: (after - before) / (before - empty) * 100 };
  first.set(engine.name, result);
  return result;
}

/** Starts of an image with many files, with the usual ids and with others: nothing may be copied for those. */
export const startOtherIds: readonly Measurement[] = [
  ...rows.map(({ name, options }): Measurement => ({
    name: `many-files-${name}`, title: `\`run --rm ${[...options, "IMAGE"].join(" ")} true\`, 20 000 files`, unit: "ms", rounds: 11, images: ["many-files"], group: "ids",
    prepare: (engine) => void engine.output("pull", "-q", "many-files"),
    measure: (engine) => engine.time("run", "--rm", "--network", "none", ...options, "many-files", "true"),
  })),
  {
    name: "ownership-start", title: "first `run --userns keep-id` of an image with 100 000 files, as a multiple of a plain `run`", unit: "×", ceiling: 1.5, rounds: 1, isCold: true, images: [image], group: "ownership",
    measure: (engine) => firstContainer(engine).multiple,
  },
  {
    name: "ownership-growth", title: "by how much of the image the store is larger with a keep-id container, 100 000 files", unit: "%", ceiling: 5, rounds: 1, isCold: true, images: [image], group: "ownership",
    measure: (engine) => firstContainer(engine).growthPercent,
  },
];
