import { containerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { aptConfigPath } from "../spec/build.ts";
import { findImage, type ResolvedImage } from "../image/resolve.ts";
import { imageTrees, treesOf, type ContainerTrees } from "../storage/prepare.ts";
import { isUnknownContainer } from "./errors.ts";
import type { ContainerRecord } from "./record.ts";
import { movedIds } from "./user-namespace.ts";
import { findContainer } from "./store.ts";
import { CalaError } from "../base/error.ts";

/** Where a start mounts something; podman tells none of these either. */
export const launchPlaces: readonly string[] = [
  "dev", aptConfigPath.slice(1), "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf", "proc", "run", "run/.containerenv", "run/notify", "run/secrets", "sys",
];

/** The files of a container, and of its image. @throws CalaError `layer-unknown` */
export function containerTrees(engine: Engine, record: ContainerRecord): ContainerTrees {
  return treesOf(engine, { ...record, movedIds: movedIds(record) }, containerDir(engine.dirs, record.id));
}

/** The trees of a container or an image by its name, and of what it was made from. @throws CalaError `object-unknown` */
export async function treesOfNamed(engine: Engine, name: string, kind: "all" | "container" | "image"): Promise<ContainerTrees> {
  const container = kind === "image" ? undefined : containerNamed(engine, name);
  if (container !== undefined) return containerTrees(engine, container);
  const found = kind === "container" ? undefined : await imageNamed(engine, name);
  if (found === undefined) throw new CalaError("object-unknown", `no such ${kind === "all" ? "container or image" : kind}: "${name}"`, { hint: kind === "image" ? "cala images" : "cala ps --all" });
  const own = imageTrees(engine, found.image.layers.map((layer) => layer.diffId));
  return { own, image: own.slice(1) };
}

function containerNamed(engine: Engine, name: string): ContainerRecord | undefined {
  try {
    return findContainer(engine.dirs, name);
  } catch (error) {
    if (isUnknownContainer(error)) return undefined;
    throw error;
  }
}

async function imageNamed(engine: Engine, name: string): Promise<ResolvedImage | undefined> {
  try {
    return await findImage(engine, name);
  } catch (error) {
    if (error instanceof CalaError && error.code === "reference-invalid") return undefined;
    throw error;
  }
}
