/** `system df`: what takes room, and what of it could be had back. */
import { occupiedBytes } from "../container/size.ts";
import { treeSizes } from "../idmap/tree-sizes.ts";
import { listContainers } from "../container/list.ts";
import { isAlive, type ContainerView } from "../container/view.ts";
import type { Engine } from "../engine.ts";
import { listLocalImages, type ListedImage } from "../image/list.ts";
import { imageEngine } from "../image/open.ts";
import { layerRecords } from "../storage/layer-store.ts";
import { listVolumes, volumeDataDir, type VolumeRecord } from "../volume/record.ts";

/** An image and its bytes, as unpacked tars. */
export interface ImageUsage {
  readonly listed: ListedImage;
  readonly sizeBytes: number;
  /** Of layers that other images have, too. */
  readonly sharedBytes: number;
}

/** A container and what it wrote; snapshots that several share count for one. */
export interface ContainerUsage {
  readonly view: ContainerView;
  readonly sizeBytes: number;
}

/** A volume and how many containers use it. */
export interface VolumeUsage {
  readonly volume: VolumeRecord;
  readonly sizeBytes: number;
  readonly links: number;
}

/** Everything that takes room. */
export interface DiskUsage {
  readonly images: readonly ImageUsage[];
  readonly containers: readonly ContainerUsage[];
  readonly volumes: readonly VolumeUsage[];
  /** Each layer once. */
  readonly layerBytes: number;
  /** Of the layers that no container needs. */
  readonly reclaimableLayerBytes: number;
}

/** Measures images by their records, containers and volumes by their files, whoever owns them. */
export async function diskUsage(engine: Engine): Promise<DiskUsage> {
  const listed = await listLocalImages(imageEngine(engine), { all: true, filters: [] });
  const views = listContainers(engine, { all: true, filters: [] });
  const volumes = listVolumes(engine.dirs);
  const sizes = await occupiedBytes(engine, views.map(({ record }) => record.id));
  const volumeBytes = await treeSizes(engine, volumes.map(({ name }) => volumeDataDir(engine.dirs, name)));
  const layers = new Map<string, number>(layerRecords(engine.dirs).map((record) => [record.diffId, record.sizeBytes]));
  const used = new Set(views.flatMap(({ record }) => record.image.layers));
  const sum = (diffIds: Iterable<string>): number => [...diffIds].reduce((total, diffId) => total + (layers.get(diffId) ?? 0), 0);
  return {
    images: imageUsages(listed, sum),
    containers: views.map((view, index) => ({ view, sizeBytes: sizes[index] ?? 0 })),
    volumes: volumes.map((volume, index) => ({ volume, sizeBytes: volumeBytes[index] ?? 0, links: views.filter(({ record }) => record.volumes.some(({ name }) => name === volume.name)).length })),
    layerBytes: sum(layers.keys()),
    reclaimableLayerBytes: sum([...layers.keys()].filter((diffId) => !used.has(diffId))),
  };
}

function imageUsages(listed: readonly ListedImage[], sum: (diffIds: Iterable<string>) => number): ImageUsage[] {
  const owners = new Map<string, number>();
  for (const { image } of listed) for (const diffId of new Set(image.layers.map((layer) => layer.diffId))) owners.set(diffId, (owners.get(diffId) ?? 0) + 1);
  return listed.map((one) => {
    const diffIds = new Set(one.image.layers.map((layer) => layer.diffId));
    return { listed: one, sizeBytes: sum(diffIds), sharedBytes: sum([...diffIds].filter((diffId) => (owners.get(diffId) ?? 0) > 1)) };
  });
}

/** Containers that run, and images and volumes that containers use. */
export function activeCounts(usage: DiskUsage): { readonly images: number; readonly containers: number; readonly volumes: number } {
  return {
    images: usage.images.filter(({ listed }) => listed.containers > 0).length,
    containers: usage.containers.filter(({ view }) => isAlive(view)).length,
    volumes: usage.volumes.filter(({ links }) => links > 0).length,
  };
}
