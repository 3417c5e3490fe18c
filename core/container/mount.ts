/** A container's root mounted for its user: only in a namespace where this user is root (`cala unshare`), since elsewhere the kernel lets no ordinary user mount. */
import { CalaError } from "../base/error.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { findDriver } from "../storage/choose-driver.ts";
import { mountPoints, runMounting } from "../storage/mount-points.ts";
import { withContainerLock } from "./lock.ts";
import { prepareLaunch } from "./launch.ts";
import type { ContainerRecord } from "./record.ts";
import { processView } from "./root-view.ts";
import { listRecords } from "./store.ts";

/** A container whose root can be reached at a path. */
export interface MountedContainer {
  readonly id: string;
  readonly path: string;
}

/** Mounts a container's root, unless it is mounted here. @returns where @throws CalaError `root-not-mounted`, `driver-unmountable` */
export async function mountContainer(engine: Engine, record: ContainerRecord): Promise<string> {
  const target = containerFiles.rootfs(containerDir(engine.dirs, record.id));
  if (mountPoints().has(target)) return target;
  return await withContainerLock(engine, record, async (present) => {
    const running = processView(engine, present);
    if (running === undefined && !findDriver(present.storageDriver).mountsAlone) throw new CalaError("driver-unmountable", `the root of "${record.name}" is served by ${present.storageDriver} while the container runs, and it does not run`, { hint: `cala start ${record.name}, or cala cp` });
    if (running === undefined) await prepareLaunch(engine, present, "create");
    runMounting(["mount-root", target, ...running ?? ["plan", containerFiles.plan(containerDir(engine.dirs, record.id))]], "root-not-mounted", `cannot mount the root of "${record.name}"`);
    return target;
  });
}

/** Takes the mount away, if there is one. @throws CalaError `root-not-unmounted` */
export function unmountContainer(engine: Engine, record: ContainerRecord): void {
  const target = containerFiles.rootfs(containerDir(engine.dirs, record.id));
  if (!mountPoints().has(target)) return;
  runMounting(["unmount-root", target], "root-not-unmounted", `cannot unmount the root of "${record.name}"`);
}

/** The containers that are mounted in this namespace. */
export function mountedContainers(engine: Engine): MountedContainer[] {
  const points = mountPoints();
  return listRecords(engine.dirs).map(({ id }) => ({ id, path: containerFiles.rootfs(containerDir(engine.dirs, id)) })).filter(({ path }) => points.has(path));
}
