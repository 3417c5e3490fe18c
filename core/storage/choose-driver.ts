/** Which driver stacks layers here: what the user insists on, else the best that works, remembered for this boot. */
import { statSync } from "node:fs";
import { release } from "node:os";
import { present } from "../base/assert.ts";
import { CalaError } from "../base/error.ts";
import { installCommand } from "../host/tools.ts";
import { ensureDir } from "../dirs/dirs.ts";
import { storageProbeFile } from "../dirs/paths.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { namespaceObstacle } from "../idmap/namespaces.ts";
import type { NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import { currentBootId } from "../monitor/state.ts";
import { directory } from "./drivers/directory.ts";
import type { Availability, LayersView, StorageDriver } from "./drivers/driver.ts";
import { storageDrivers } from "./drivers/list.ts";

/** An engine, seen from here. */
export interface StorageSite extends NamespaceSite {
  readonly storageDriver: string | undefined;
  readonly notice: (text: string) => void;
}

interface ProbeRecord {
  readonly key: string;
  readonly driver: string;
}

/** A driver by name. @throws CalaError `storage-driver-unknown` */
export function findDriver(name: string): StorageDriver {
  const driver = [...storageDrivers, directory].find((one) => one.name === name);
  if (driver !== undefined) return driver;
  throw new CalaError("storage-driver-unknown", `there is no storage driver "${name}"`, { hint: `use ${storageDrivers.map((one) => one.name).join(", ")}` });
}

/**
 * The driver for a new container. A rung below the best is told once. `movesOwners`: the container's files have other owners than
 * those of the layers; where those cannot be shown so, they are copied.
 * @throws CalaError `storage-driver-unusable`, `storage-driver-untried`
 */
export async function chooseDriver(site: StorageSite, movesOwners = false): Promise<StorageDriver> {
  const driver = await chooseUsual(site);
  if (!movesOwners || driver.changesOwners || layersView()?.usable(site) === true) return driver;
  const copying = present(storageDrivers.find((one) => one.changesOwners && one.view === undefined), "a driver that copies");
  const tool = storageDrivers.find((one) => one.view !== undefined)?.tool;
  site.notice(`the image is copied for this container, whose ids are not those of the image${tool === undefined ? "" : `; ${tool.name} would save that (${installCommand(tool, site.env)})`}`);
  return copying;
}

/** What shows layers with other owners. */
export function layersView(): LayersView | undefined {
  return storageDrivers.find((driver) => driver.view !== undefined)?.view;
}

/** The one that mounts nothing, for containers without namespaces. @throws CalaError `storage-driver-unusable` where another one is asked for */
function driverWithoutMounts(site: StorageSite): StorageDriver {
  const driver = present(storageDrivers.find((one) => one.changesOwners && one.view === undefined), "a driver that copies");
  if (site.storageDriver === undefined || site.storageDriver === driver.name) return driver;
  throw new CalaError("storage-driver-unusable", `the storage driver "${site.storageDriver}" cannot be used: nothing can be mounted without user namespaces`, { hint: `use ${driver.name}` });
}

async function chooseUsual(site: StorageSite): Promise<StorageDriver> {
  if (await namespaceObstacle(site) !== undefined) return driverWithoutMounts(site);
  if (site.storageDriver !== undefined) return await insistedDriver(site, site.storageDriver);
  const file = storageProbeFile(site.dirs);
  const key = probeKey(site);
  const known = readJsonIfThere<ProbeRecord>(file);
  if (known?.key === key) return findDriver(known.driver);
  const { driver, refusals } = await bestDriver(site);
  writeJson(file, { key, driver: driver.name } satisfies ProbeRecord);
  if (refusals.length > 0) site.notice(`storage driver "${driver.name}": ${driver.cost}; ${refusals.join("; ")}`);
  return driver;
}

/** What each driver says of this host, best first; for `info`. */
export async function probeDrivers(site: NamespaceSite): Promise<ReadonlyArray<{ readonly driver: StorageDriver; readonly availability: Availability }>> {
  return await Promise.all(storageDrivers.map(async (driver) => ({ driver, availability: await driver.probe(site) })));
}

async function insistedDriver(site: StorageSite, name: string): Promise<StorageDriver> {
  const driver = findDriver(name);
  if (driver === directory) return driver;
  const known = readJsonIfThere<ProbeRecord>(storageProbeFile(site.dirs));
  if (known?.key === probeKey(site) && known.driver === name) return driver;
  const availability = await driver.probe(site);
  if (availability.usable) return driver;
  throw new CalaError("storage-driver-unusable", `the storage driver "${name}" cannot be used: ${availability.reason}`, { hint: availability.fix });
}

/** A container keeps its driver, so that none is chosen for the sake of a bad moment. */
function untried(reason: string): CalaError {
  const copying = storageDrivers.find((one) => one.changesOwners && one.view === undefined);
  return new CalaError("storage-driver-untried", `cannot find out which storage driver works here: ${reason}`, { hint: `try again, or choose one: cala --storage-driver ${copying?.name ?? ""} …` });
}

async function bestDriver(site: NamespaceSite): Promise<{ readonly driver: StorageDriver; readonly refusals: readonly string[] }> {
  const refusals: string[] = [];
  for (const driver of storageDrivers) {
    const availability = await driver.probe(site);
    if (availability.usable) return { driver, refusals };
    if (availability.passing === true) throw untried(availability.reason);
    refusals.push(`${availability.reason} (${availability.fix})`);
  }
  throw new CalaError("storage-driver-unusable", `no storage driver works here: ${refusals.join("; ")}`);
}

/** Changes with everything that could change the answer. */
function probeKey(site: NamespaceSite): string {
  const { dev } = statSync(ensureDir(site.dirs.data));
  return [currentBootId(), release(), String(dev), site.dirs.data, String(process.getuid?.() ?? -1)].join(" ");
}
