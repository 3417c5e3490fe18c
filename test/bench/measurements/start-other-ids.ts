import type { Engine } from "../engine.ts";
import { median } from "../table.ts";
import type { Measurement } from "../measurement.ts";

const rows = [{ name: "plain", options: [] }, { name: "keep-id", options: ["--userns", "keep-id"] }];
const image = "small-files";
const plainStarts = 5;

let containers = 0;
/** Starts a container whose options were never used before, so that no engine knows the command line already. */
function start(engine: Engine, ...options: readonly string[]): { readonly ms: number; readonly name: string } {
  const name = `started-${containers++}`;
  return { name, ms: engine.time("run", "-d", "--name", name, "--label", `number=${containers}`, "--network", "none", ...options, image, "sleep", "1000") };
}

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
  const plain = Array.from({ length: plainStarts + 1 }, () => {
    const { ms, name } = start(engine);
    engine.output("rm", "-f", "-t", "0", name);
    return ms;
  }).slice(1); // the very first one of any kind reads the image from the disk
  const before = engine.diskMegabytes();
  const kept = start(engine, "--userns", "keep-id");
  const after = engine.diskMegabytes();
  engine.output("rm", "-f", "-t", "0", kept.name);
  const result = { multiple: kept.ms / median(plain), growthPercent: (after - before) / (before - empty) * 100 };
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
    name: "ownership-start", title: "first `run --userns keep-id` of an image with 100 000 files, as a multiple of a plain `run` with options as new", unit: "×", ceiling: 1.5, rounds: 1, isCold: true, images: [image], group: "ownership",
    measure: (engine) => firstContainer(engine).multiple,
  },
  {
    name: "ownership-growth", title: "by how much of the image the store is larger with a keep-id container, 100 000 files", unit: "%", ceiling: 5, rounds: 1, isCold: true, images: [image], group: "ownership",
    measure: (engine) => firstContainer(engine).growthPercent,
  },
];
