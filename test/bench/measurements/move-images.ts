/** Whole images on their way in and out: from a registry, cold and warm, to and from an archive; what they take of disk and memory. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../e2e/harness/places.ts";
import type { FixtureImage } from "../../e2e/harness/fixture-images.ts";
import type { Engine, Skopeo } from "../engine.ts";
import type { Measurement } from "../measurement.ts";

const subjects = [
  { image: "big", what: "one layer of 500 MB" },
  { image: "layers-20", what: "20 layers of 25 MB" },
  { image: "small-files", what: "100 000 small files" },
] as const satisfies readonly { readonly image: FixtureImage; readonly what: string }[];

/** What one way of an image in and out again tells. */
interface Tour {
  readonly pull: number;
  readonly memory: number;
  readonly disk: number;
  readonly again: number;
  readonly save: number;
  readonly rmi: number;
  readonly load: number;
}

const toursDone = new Map<string, Tour>();

/** One tour serves all rows: what is expensive is done once a round. */
function tourOf(engine: Engine, image: FixtureImage, round: number): Tour {
  const key = `${engine.name} ${image} ${round}`;
  const tour = toursDone.get(key) ?? makeTour(engine, image);
  toursDone.set(key, tour);
  return tour;
}

function makeTour(engine: Engine, image: FixtureImage): Tour {
  const archive = join(cacheFolder("bench"), `${image}-${engine.name}.tar`);
  const before = engine.diskMegabytes();
  const { ms: pull, megabytes: memory } = engine.timeWithPeak("pull", "-q", image);
  const disk = engine.diskMegabytes() - before;
  const warm = Array.from({ length: 5 }, () => engine.time("pull", "-q", image)).sort((a, b) => a - b);
  const save = engine.time("save", "-q", "-o", archive, image);
  const rmi = engine.time("rmi", "-f", image);
  const load = engine.time("load", "-q", "-i", archive);
  engine.output("rmi", "-f", image);
  rmSync(archive, { force: true });
  return { pull, memory, disk, again: warm[2] ?? Number.NaN, save, rmi, load };
}

/** skopeo's copies take as long each time: the first number stands for all rounds. */
function once(work: (skopeo: Skopeo) => number): (skopeo: Skopeo) => number {
  let known: number | undefined;
  return (skopeo) => known ??= work(skopeo);
}

function rowsOf({ image, what }: (typeof subjects)[number]): Measurement[] {
  const row = (key: keyof Tour, title: string, limit: Partial<Measurement>): Measurement => ({
    name: key === "again" ? `pull-again-${image}` : `${key}-${image}`, title: `${title} ${what}${key === "again" ? " that are here already" : ""}`,
    unit: "ms", rounds: 3, isCold: true, images: ["busybox", image], group: "images",
    prepare: (engine) => engine.output("pull", "-q", "busybox"),
    measure: (engine, round) => tourOf(engine, image, round)[key], ...limit,
  });
  return [
    row("pull", "pull of", { budget: 0.7, skopeo: once((skopeo) => skopeo.copy(skopeo.source(image), "oci")) }),
    row("again", "pull of", { budget: 0.7 }),
    row("save", "save of", { budget: 0.7, skopeo: once((skopeo) => skopeo.copy(skopeo.layout(image), "docker-archive")) }),
    row("load", "load of", { budget: 0.7, skopeo: once((skopeo) => skopeo.copy(skopeo.layout(image), "oci")) }),
    row("rmi", "rmi of", {}),
    row("disk", "disk use of", { unit: "MB", budget: 1.1 }),
    row("memory", "memory of a pull of", { unit: "MB", ceiling: 150 }),
  ];
}

export const moveImages: readonly Measurement[] = subjects.flatMap(rowsOf);
