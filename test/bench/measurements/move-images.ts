/** Whole images on their way in and out: from a registry, cold and warm, from and to an archive. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../e2e/harness/places.ts";
import type { FixtureImage } from "../../e2e/harness/fixture-images.ts";
import type { Engine } from "../engine.ts";
import type { Measurement } from "../measurement.ts";

const subjects = [
  { image: "big", what: "one layer of 500 MB" },
  { image: "layers-20", what: "20 layers of 25 MB" },
  { image: "small-files", what: "100 000 small files" },
] as const satisfies readonly { readonly image: FixtureImage; readonly what: string }[];

/** An archive that both engines load; made by the first that needs it. */
function archiveOf(image: FixtureImage): string {
  return join(cacheFolder("bench"), `${image}.tar`);
}

function saveTo(engine: Engine, image: FixtureImage, file: string): number {
  rmSync(file, { force: true });
  return engine.time("save", "-q", "-o", file, image);
}

function rowsOf({ image, what }: (typeof subjects)[number]): Measurement[] {
  const common = { unit: "ms", budget: 0.7, rounds: 3, images: ["busybox", image], group: "images" } as const;
  const remove = (engine: Engine): void => void engine.output("rmi", "-f", image);
  const pull = (engine: Engine): void => void engine.output("pull", "-q", image);
  const own = (engine: Engine): string => join(cacheFolder("bench"), `${image}-${engine.name}.tar`);
  return [
    {
      ...common, name: `pull-${image}`, title: `pull of ${what}`,
      measure: (engine) => {
        const ms = engine.time("pull", "-q", image);
        remove(engine);
        return ms;
      },
      skopeo: (skopeo) => skopeo.copy(skopeo.source(image), "oci"),
    },
    { ...common, name: `pull-again-${image}`, title: `pull of ${what} that are here already`, rounds: 5, prepare: pull, measure: (engine) => engine.time("pull", "-q", image), finish: remove },
    {
      ...common, name: `save-${image}`, title: `save of ${what}`, prepare: pull, measure: (engine) => saveTo(engine, image, own(engine)),
      skopeo: (skopeo) => skopeo.copy(skopeo.layout(image), "docker-archive"),
      finish: (engine) => {
        rmSync(own(engine), { force: true });
        remove(engine);
      },
    },
    {
      ...common, name: `load-${image}`, title: `load of ${what}`,
      prepare: (engine) => {
        if (existsSync(archiveOf(image))) return;
        pull(engine);
        saveTo(engine, image, archiveOf(image));
        remove(engine);
      },
      measure: (engine) => {
        const ms = engine.time("load", "-q", "-i", archiveOf(image));
        remove(engine);
        return ms;
      },
      skopeo: (skopeo) => skopeo.copy(`docker-archive:${archiveOf(image)}`, "oci"),
    },
  ];
}

/** What a pull keeps on disk beyond the busybox that is there, and the most memory that one process of it takes. */
const costs: readonly Measurement[] = subjects.flatMap(({ image, what }): Measurement[] => [
  {
    name: `disk-${image}`, title: `disk use of ${what}`, unit: "MB", budget: 1.1, rounds: 1, isCold: true, images: ["busybox", image], group: "images",
    measure: (engine) => {
      const before = engine.diskMegabytes();
      engine.output("pull", "-q", image);
      const used = engine.diskMegabytes() - before;
      engine.output("rmi", "-f", image);
      return used;
    },
  },
  {
    name: `memory-pull-${image}`, title: `memory of a pull of ${what}`, unit: "MB", ceiling: 150, rounds: 1, isCold: true, images: ["busybox", image], group: "images",
    measure: (engine) => {
      const most = engine.peakMegabytes("pull", "-q", image);
      engine.output("rmi", "-f", image);
      return most;
    },
  },
]);

/** No budget: it only must not take long. */
const removal: Measurement = {
  name: "rmi-small-files", title: "rmi of 100 000 small files", unit: "ms", rounds: 2, images: ["busybox", "small-files"], group: "images",
  measure: (engine) => {
    engine.output("pull", "-q", "small-files");
    return engine.time("rmi", "-f", "small-files");
  },
};

export const moveImages: readonly Measurement[] = [...subjects.flatMap(rowsOf), removal, ...costs];
