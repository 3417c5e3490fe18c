/** Other health checks for a container that runs. */
import { rmSync } from "node:fs";
import { present } from "../base/assert.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import type { HealthLaunch } from "../plan/launch-details.ts";
import { seccompFilter } from "../security/seccomp/filter.ts";
import { healthLaunch, writeHealthPlans } from "./health-plans.ts";
import { readLaunchFacts, readRuntimeConfig } from "./launch.ts";
import type { ContainerRecord } from "./record.ts";

/** Writes the plans of the probes that this record asks for. @returns what the monitor must know, null where there are none @throws CalaError */
export async function renewHealth(engine: Engine, record: ContainerRecord): Promise<HealthLaunch | null> {
  const dir = containerDir(engine.dirs, record.id);
  const health = healthLaunch(record, dir);
  if (health?.startup === undefined) rmSync(containerFiles.startupPlan(dir), { force: true });
  if (health === undefined) {
    rmSync(containerFiles.healthPlan(dir), { force: true });
    return null;
  }
  const facts = present(readLaunchFacts(dir), "a running container without launch facts");
  const own = present(readRuntimeConfig(dir).process, "a config without process");
  const { filter } = await seccompFilter(engine.dirs, {
    seccomp: record.request.security.seccomp, privileged: record.request.privileged, capabilities: own.capabilities?.bounding ?? [],
  });
  writeHealthPlans(dir, record, own, { namespaces: facts.namespaces, cgroupPaths: facts.cgroupPaths, ...(filter === undefined ? {} : { seccompFilter: filter }) });
  return health;
}
