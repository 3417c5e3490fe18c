import { containerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { killOrphan } from "../monitor/orphan.ts";
import { hasChain } from "../storage/chain.ts";
import { discardContainer } from "./discard.ts";
import { isUnknownContainer, wrongState } from "./errors.ts";
import { containerEvent } from "./events.ts";
import { withContainerLock } from "./lock.ts";
import type { ContainerRecord } from "./record.ts";
import { stopContainer } from "./stop.ts";
import { idOfName, readRecordIfThere } from "./store.ts";
import { isAlive, viewOf } from "./view.ts";

/** What may be done on the way, and what goes with the container. */
export interface RemoveRequest {
  /** Stop it first if it runs. */
  readonly force: boolean;
  /** Anonymous volumes too. */
  readonly volumes: boolean;
  readonly timeoutSeconds?: number;
}

/** podman's exit code for a container that runs. */
const runningExitCode = 2;

/** Removes a container with everything of its own. @throws CalaError `container-state-improper` when it runs and `force` is not set */
export async function removeContainer(engine: Engine, record: ContainerRecord, request: RemoveRequest): Promise<void> {
  for (;;) {
    const view = viewOf(engine.dirs, record);
    if (isAlive(view)) {
      if (!request.force) throw wrongState(view, "remove", { hint: `cala rm --force ${record.name}`, exitCode: runningExitCode });
      // As podman: what is paused is not asked to stop.
      const timeoutSeconds = view.status === "paused" ? 0 : request.timeoutSeconds;
      await stopContainer(engine, record, { evenPaused: true, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) });
    }
    try {
      const hadSnapshots = hasChain(containerDir(engine.dirs, record.id));
      if (!await removeStopped(engine, record, request)) continue;
      if (hadSnapshots) await (await import("./collect-snapshots.ts")).collectSnapshots(engine);
      return;
    } catch (error) {
      if (isUnknownContainer(error)) return; // --rm, or another command, was faster
      throw error;
    }
  }
}

/** Stops and removes the container of this name, where there is one. */
export async function removeNamed(engine: Engine, name: string): Promise<void> {
  const id = idOfName(engine.dirs, name);
  const record = id === undefined ? undefined : readRecordIfThere(engine.dirs, id);
  if (record !== undefined) await removeContainer(engine, record, { force: true, volumes: false });
}

/** @returns false when somebody has started it meanwhile: a start holds the lock until the state is written */
async function removeStopped(engine: Engine, record: ContainerRecord, request: RemoveRequest): Promise<boolean> {
  return await withContainerLock(engine, record, async (present) => {
    if (isAlive(viewOf(engine.dirs, present))) return false;
    killOrphan(containerDir(engine.dirs, record.id));
    containerEvent(engine, present, "remove");
    await discardContainer(engine, present, request.volumes || record.request.remove ? "with-volumes" : "keep-volumes");
    return true;
  });
}
