/** Stopping all processes of a container for a while. */
import { CalaError, isErrno } from "../base/error.ts";
import { containerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { isNotRunning, type ControlConnection } from "../monitor/control.ts";
import { wrongState } from "./errors.ts";
import type { ContainerRecord } from "./record.ts";
import { connectWhileAlive } from "./stop.ts";
import { viewOf } from "./view.ts";

/**
 * Pauses a running container: by the freezer of its control group, else by stopping every process of its pid namespace.
 * @throws CalaError `container-state-improper`, `pause-unsupported`
 */
export async function pauseContainer(engine: Engine, record: ContainerRecord): Promise<void> {
  await ask(engine, record, "pause", (connection) => connection.pause());
}

/** Lets a paused container go on. @throws CalaError `container-state-improper` */
export async function unpauseContainer(engine: Engine, record: ContainerRecord): Promise<void> {
  await ask(engine, record, "unpause", (connection) => connection.unpause());
}

async function ask(engine: Engine, record: ContainerRecord, action: "pause" | "unpause", request: (connection: ControlConnection) => Promise<void>): Promise<void> {
  const refused = (): CalaError => wrongState(viewOf(engine.dirs, record), action);
  const connection = await connectWhileAlive(engine, record);
  if (connection === undefined) throw refused();
  try {
    await request(connection);
  } catch (error) {
    if (isErrno(error, "EALREADY", "ESRCH") || isNotRunning(error)) throw refused();
    if (isErrno(error, "EOPNOTSUPP", "ENOTSUP")) throw await unsupported(engine, record, action, error);
    throw error;
  } finally {
    connection.close();
  }
}

/** Whose processes nobody can tell from others of the user's. What mends it depends on why there is no namespace of them. */
async function unsupported(engine: Engine, record: ContainerRecord, action: string, cause: unknown): Promise<CalaError> {
  const [{ readLaunchFacts }, { namespaceObstacle }] = await Promise.all([import("./launch.ts"), import("../idmap/namespaces.ts")]);
  const isBare = readLaunchFacts(containerDir(engine.dirs, record.id))?.translation !== undefined;
  const obstacle = isBare ? await namespaceObstacle(engine) : undefined;
  const reason = isBare ? `it has no namespaces${obstacle === undefined ? "" : ` (${obstacle.reason})`}, and no control group of its own` : "it has neither a pid namespace nor a control group of its own";
  const hint = isBare ? `${obstacle?.fix ?? `cala restart ${record.name}`}; or run it with --cgroups=enabled where this host has cgroup v2` : "run it without --pid, or with --cgroups=enabled where this host has cgroup v2";
  return new CalaError("pause-unsupported", `cannot ${action} the container "${record.name}": ${reason}`, { cause, hint });
}
