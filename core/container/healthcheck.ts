import { CalaError } from "../base/error.ts";
import { containerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { isNotRunning } from "../monitor/control.ts";
import { resolveHealth } from "../spec/health.ts";
import { wrongState } from "./errors.ts";
import { healthLogOf } from "./health-plans.ts";
import type { ContainerRecord } from "./record.ts";
import { connectWhileAlive } from "./stop.ts";
import { viewOf, type ContainerView } from "./view.ts";

/** One probe, as docker shows it. */
export interface HealthProbe {
  readonly Start: string;
  readonly End: string;
  readonly ExitCode: number;
  readonly Output: string;
}

/** Runs a probe of a container's health, and waits for it. @returns whether it passed @throws CalaError `healthcheck-missing`, `container-state-improper` */
export async function runHealthcheck(engine: Engine, record: ContainerRecord): Promise<boolean> {
  if (resolveHealth(record.request, record.image.defaults) === undefined) {
    throw new CalaError("healthcheck-missing", `container "${record.name}" has no defined healthcheck`, { hint: "create it with --health-cmd COMMAND" });
  }
  const connection = await connectWhileAlive(engine, record);
  const improper = (): CalaError => wrongState(viewOf(engine.dirs, record), "check the health of", { hint: `cala start ${record.name}` });
  if (connection === undefined) throw improper();
  try {
    const result = await connection.probe();
    if (result < 0) throw improper();
    return result === 0;
  } catch (error) {
    throw isNotRunning(error) ? improper() : error;
  } finally {
    connection.close();
  }
}

/** What `inspect` shows as State.Health. */
export function healthState(engine: Pick<Engine, "dirs">, { record, state }: ContainerView): { readonly Status: string; readonly FailingStreak: number; readonly Log: readonly HealthProbe[] | null } {
  if (resolveHealth(record.request, record.image.defaults) === undefined) return { Status: "", FailingStreak: 0, Log: null };
  const status = state?.health === undefined || state.health === "" ? "starting" : state.health;
  return { Status: status, FailingStreak: state?.failingStreak ?? 0, Log: lastProbes(healthLogOf(record, containerDir(engine.dirs, record.id))) };
}

function lastProbes(file: string): HealthProbe[] {
  return (readTextIfThere(file) ?? "").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as HealthProbe);
}
