import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { withLock } from "../lock/lock.ts";
import { killOrphan } from "../monitor/orphan.ts";
import { discardContainer } from "./discard.ts";
import { wrongState } from "./errors.ts";
import type { ContainerRecord } from "./record.ts";
import { stopContainer } from "./stop.ts";
import { readRecordIfThere } from "./store.ts";
import { isAlive, viewOf } from "./view.ts";

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
  const view = viewOf(engine.dirs, record);
  if (isAlive(view)) {
    if (!request.force) throw wrongState(view, "remove", { hint: `cala rm --force ${record.name}`, exitCode: runningExitCode });
    await stopContainer(engine, record, request.timeoutSeconds === undefined ? {} : { timeoutSeconds: request.timeoutSeconds });
  }
  // A --rm container has removed itself when it stopped.
  const present = readRecordIfThere(engine.dirs, record.id);
  if (present === undefined) return;
  const dir = containerDir(engine.dirs, record.id);
  await withLock("container", containerFiles.lock(dir), "exclusive", async () => {
    killOrphan(dir);
    await discardContainer(engine, present, request.volumes || present.request.remove ? "with-volumes" : "keep-volumes");
  });
}
