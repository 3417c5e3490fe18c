/** `system prune`: one kind of thing after the other, so that what only a removed one needed goes too. */
import { pruneContainers } from "../container/prune.ts";
import { listContainers } from "../container/list.ts";
import { isAlive } from "../container/view.ts";
import { networkUsers } from "../container/network-users.ts";
import { usedVolumes, volumeUsers } from "../container/volume-users.ts";
import { CalaError } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import { collectAfter } from "../image/collect.ts";
import { discardDownloads } from "../image/collect-blobs.ts";
import { imageEngine } from "../image/open.ts";
import { pruneImages } from "../image/prune.ts";
import { networkFilter } from "../network/user/filter.ts";
import { defaultNetworkName, listNetworks, type NetworkRecord } from "../network/user/record.ts";
import { removeNetwork } from "../network/user/remove.ts";
import { volumeFilter } from "../volume/filter.ts";
import { listVolumes, volumeDataDir } from "../volume/record.ts";
import { pruneVolumes } from "../volume/remove.ts";
import { occupiedBytes } from "../container/size.ts";
import { treeSizes } from "../idmap/tree-sizes.ts";

type Pairs = readonly (readonly [key: string, value: string])[];

/** What may go. */
export interface SystemPruneRequest {
  /** Images with names too, unless a container uses them. */
  readonly all: boolean;
  readonly volumes: boolean;
  /** `until` and `label`, for everything. */
  readonly filters: Pairs;
}

/** What went, under the heading that podman gives it. */
export interface PrunedKind {
  readonly heading: string;
  readonly names: readonly string[];
  readonly freedBytes: number;
}

const known = ["label", "label!", "until"];

/** Removes what nothing uses. @throws CalaError `filter-invalid` */
export async function pruneSystem(engine: Engine, request: SystemPruneRequest): Promise<PrunedKind[]> {
  const strange = request.filters.find(([key]) => !known.includes(key));
  if (strange !== undefined) throw new CalaError("filter-invalid", `there is no filter "${strange[0]}" for system prune`, { hint: "use label or until" });
  return [await containers(engine, request.filters), await networks(engine, request.filters), ...(request.volumes ? [await volumes(engine, request.filters)] : []), await images(engine, request)];
}

async function containers(engine: Engine, filters: Pairs): Promise<PrunedKind> {
  const stopped = listContainers(engine, { all: true, filters: [] }).filter((view) => !isAlive(view)).map(({ record }) => record.id);
  const sizes = await occupiedBytes(engine, stopped);
  const removed = await pruneContainers(engine, filters);
  return { heading: "Deleted Containers", names: removed, freedBytes: removed.reduce((sum, id) => sum + (sizes[stopped.indexOf(id)] ?? 0), 0) };
}

async function networks(engine: Engine, filters: Pairs): Promise<PrunedKind> {
  const { dirs } = engine;
  const usersOf = (network: NetworkRecord): string[] => networkUsers(dirs, network).map(({ id }) => id);
  const matches = networkFilter(filters, (network) => usersOf(network).length > 0);
  const unused = listNetworks(dirs).filter((network) => network.name !== defaultNetworkName && matches(network) && usersOf(network).length === 0);
  for (const network of unused) await removeNetwork(dirs, network, usersOf);
  return { heading: "Deleted Networks", names: unused.map(({ name }) => name), freedBytes: 0 };
}

async function volumes(engine: Engine, filters: Pairs): Promise<PrunedKind> {
  const { dirs } = engine;
  const used = usedVolumes(dirs);
  const unused = listVolumes(dirs).map(({ name }) => name).filter((name) => !used.has(name));
  const sizes = await treeSizes(engine, unused.map((name) => volumeDataDir(dirs, name)));
  const matches = volumeFilter(filters, { dirs, isUsed: (name) => used.has(name) });
  const removed = await pruneVolumes(engine, (name) => volumeUsers(dirs, name).map(({ id }) => id), matches);
  return { heading: "Deleted Volumes", names: removed, freedBytes: removed.reduce((sum, name) => sum + (sizes[unused.indexOf(name)] ?? 0), 0) };
}

async function images(engine: Engine, request: SystemPruneRequest): Promise<PrunedKind> {
  const filters = request.filters.map(([key, value]) => `${key}=${value}`);
  const { result, collected } = await collectAfter(engine, async () => await pruneImages(imageEngine(engine), { all: request.all, filters }));
  return { heading: "Deleted Images", names: result, freedBytes: collected.freedBytes + discardDownloads(engine.dirs) };
}
