import { CalaError } from "../base/error.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { mapLines } from "../idmap/map.ts";
import { prepareLaunch, readLaunchFacts } from "./launch.ts";
import { withContainerLock } from "./lock.ts";
import type { ContainerRecord } from "./record.ts";
import { movedIds } from "./user-namespace.ts";
import { isAlive, viewOf } from "./view.ts";

/** How the native program comes to a root (native/copy-view.c). */
export type ViewWords = readonly string[];

/** The host's root. */
export const hostView: ViewWords = ["host"];

/**
 * Runs `work` with a container's root in reach, with its volumes and binds as the container has them: a running one's through its first
 * process; for another one they are mounted for the work alone, and nobody starts it meanwhile.
 * @throws CalaError `container-unknown`, `namespaces-refused`, and those of what a start needs
 */
export async function withRootView<T>(engine: Engine, record: ContainerRecord, work: (view: ViewWords) => Promise<T>): Promise<T> {
  const moved = movedIds(record);
  const ids = moved === undefined ? [] : ["ids", mapLines(moved.uids).join(";"), mapLines(moved.gids).join(";")];
  const translated = translatedView(engine, record);
  if (translated !== undefined) return await work(translated);
  const running = processView(engine, record);
  if (running !== undefined) return await work([...ids, ...running]);
  return await withContainerLock(engine, record, async (present) => {
    const started = processView(engine, present);
    if (started !== undefined) return await work([...ids, ...started]);
    await prepareLaunch(engine, present, "create");
    return await work([...ids, "plan", containerFiles.plan(containerDir(engine.dirs, present.id))]);
  });
}

/** A container without namespaces is its tree; what is bound into it is no part of that. @throws CalaError `namespaces-refused` */
function translatedView({ dirs }: Engine, record: ContainerRecord): ViewWords | undefined {
  const dir = containerDir(dirs, record.id);
  if (readLaunchFacts(dir)?.translation === undefined) return undefined;
  if (record.request.mounts.length + record.volumes.length === 0) return ["plan", containerFiles.plan(dir)];
  throw new CalaError("namespaces-refused", `cannot reach the mounts of "${record.name}": without namespaces they cannot be put together`, { hint: `cala exec ${record.name} tar -c PATH, or copy from the mounted directory itself` });
}

/** The words for a running container; undefined for another one. */
export function processView(engine: Engine, record: ContainerRecord): ViewWords | undefined {
  const view = viewOf(engine.dirs, record);
  return isAlive(view) && view.state !== undefined && view.state.pid > 0 ? ["process", String(view.state.pid), String(view.state.pidStart)] : undefined;
}
