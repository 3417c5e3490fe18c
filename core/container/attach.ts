import { containerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { becomeAttach } from "../monitor/become-attach.ts";
import { wrongState } from "./errors.ts";
import type { ContainerRecord } from "./record.ts";
import { viewOf } from "./view.ts";

/** How the caller's terminal takes part; output always does. */
export interface AttachContainerRequest {
  readonly stdin: boolean;
  readonly signalProxy: boolean;
  readonly detachKeys?: string;
}

/** Becomes the native client of a running container's streams. @throws CalaError `container-state-improper` */
export function attachContainer(engine: Engine, record: ContainerRecord, request: AttachContainerRequest): never {
  const view = viewOf(engine.dirs, record);
  if (view.status !== "running") throw wrongState(view, "attach to", { hint: `cala start --attach ${record.name}` });
  becomeAttach({ dir: containerDir(engine.dirs, record.id), stdout: true, stderr: true, tty: record.request.terminal, ...request, stdin: request.stdin && record.request.stdin });
}
