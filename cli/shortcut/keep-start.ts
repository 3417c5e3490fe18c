/** Keeps what `create` has decided, so that the native launcher can make the first start of the container by itself (native/launch-start.c). */
import { basename } from "node:path";
import { containerDir, containerFiles } from "../../core/dirs/paths.ts";
import type { Dirs } from "../../core/dirs/dirs.ts";
import type { ContainerRecord } from "../../core/container/record.ts";
import type { ContainerRequest } from "../../core/spec/request.ts";
import { limitFiles } from "../../core/cgroup/limits.ts";
import { startsByPlanAlone } from "../../core/container/start.ts";
import { actionTypes } from "./guard.ts";
import type { LaunchPurpose } from "../create-new.ts";
import { startRecord } from "./keep-launch.ts";
import { storeTemplate } from "./store-template.ts";
import { guardRecord } from "./template.ts";
import { currentTrace, statusGuard } from "./trace.ts";

/**
 * For what a container is to be prepared that is only made: for its start where nothing of that is decided by the moment (ports, addresses of
 * networks, a control group), and the launcher has asked.
 */
export function purposeOf({ network, limits, cgroup, secrets, requires }: ContainerRequest): LaunchPurpose {
  const isPlainNetwork = network.ports.length === 0 && !network.publishAll && network.egress === undefined && network.modes.every((mode) => ["default", "private", "none", "host"].includes(mode));
  const hasGroup = limitFiles(limits).length > 0 || cgroup?.mode !== undefined || cgroup?.parent !== undefined;
  return currentTrace() !== undefined && isPlainNetwork && !hasGroup && secrets === undefined && requires === undefined ? "start" : "create";
}

/** Ends the watch over a `create`, and leaves in the container's directory by what it can be started. */
export function keepStart(dirs: Dirs, record: ContainerRecord): void {
  const trace = currentTrace();
  const dir = containerDir(dirs, record.id);
  if (trace === undefined || purposeOf(record.request) !== "start" || !trace.finish() || trace.own !== dir || !startsByPlanAlone(record)) return;
  // Whatever changes the container afterwards writes one of these anew.
  const own = [containerFiles.record(dir), containerFiles.plan(dir)].map((path) => statusGuard(path, 0));
  storeTemplate(containerFiles.startTemplate(dir), [
    ...[...trace.guards.values(), ...own].map(guardRecord),
    [actionTypes.places, Buffer.from(`${dirs.data}\0${dirs.runtime}\0`)],
    [actionTypes.facts, Buffer.from(basename(trace.path))],
    startRecord(record, "detached"),
  ]);
}
