/** The plans of a container's probes, compiled at the launch and run by the monitor again and again (native/container-probe.c). */
import { join } from "node:path";
import { containerFiles } from "../dirs/paths.ts";
import { writeAtomic } from "../fs/write-atomic.ts";
import type { RuntimeProcess } from "../oci/runtime-config.ts";
import { compileExec } from "../plan/compile.ts";
import type { CheckLaunch, HealthLaunch } from "../plan/launch-details.ts";
import { resolveHealth, type ResolvedCheck } from "../spec/health.ts";
import { execProcess, groupsOf } from "./exec-process.ts";
import { openPids, type TemplateLaunch } from "./exec-template.ts";
import type { ContainerRecord } from "./record.ts";
import { secretVariables } from "./secrets.ts";

const planNames = { regular: "health-plan", startup: "startup-plan" } as const;

/** What the monitor must know of the health checks of a container; undefined where it has none. @throws CalaError `options-conflict` */
export function healthLaunch(record: ContainerRecord, dir: string): HealthLaunch | undefined {
  const health = resolveHealth(record.request, record.image.defaults);
  if (health === undefined) return undefined;
  const { startPeriodMs, startIntervalMs, onFailure, maxLogCount, maxLogBytes, startup } = health;
  return {
    ...checkLaunch(health, planNames.regular), startPeriodMs, startIntervalMs, onFailure, maxLogCount, maxLogBytes, log: healthLogOf(record, dir),
    ...(startup === undefined ? {} : { startup: { ...checkLaunch(startup, planNames.startup), successes: startup.successes } }),
  };
}

function checkLaunch({ intervalMs, timeoutMs, retries }: ResolvedCheck, execPlan: string): CheckLaunch {
  return { execPlan, intervalMs, timeoutMs, retries };
}

/** The file of the last probes. */
export function healthLogOf(record: ContainerRecord, dir: string): string {
  const destination = record.request.health?.logDestination;
  return destination === undefined ? containerFiles.healthLog(dir) : join(destination, `${record.id}-healthcheck.log`);
}

/** Writes the plans; the pids in them are filled in by the monitor. */
export function writeHealthPlans(dir: string, record: ContainerRecord, own: RuntimeProcess, launch: TemplateLaunch): void {
  const health = resolveHealth(record.request, record.image.defaults);
  if (health === undefined) return;
  const write = (check: ResolvedCheck, file: string): void => {
    const process = execProcess(own, record, { command: check.command, env: [], terminal: false, privileged: false });
    writeAtomic(file, compileExec(process, { ...launch, ...openPids, init: false, ...groupsOf(record), secretVariables: secretVariables(record) }).bytes);
  };
  write(health, containerFiles.healthPlan(dir));
  if (health.startup !== undefined) write(health.startup, containerFiles.startupPlan(dir));
}
