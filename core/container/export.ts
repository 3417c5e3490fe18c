import type { Readable } from "node:stream";
import type { Engine } from "../engine.ts";
import { tarOfChanges } from "../layer/diff.ts";
import type { ContainerRecord } from "./record.ts";
import { containerTrees } from "./trees.ts";

/** All files of a container as one tar, of a running one as they are met; what is mounted into it is not among them. */
export function exportContainer(engine: Engine, record: ContainerRecord): Readable {
  const { own, ids } = containerTrees(engine, record);
  return tarOfChanges(engine, { above: own, ids, base: [] });
}
