/** Changing limits, restart policy and health checks of a container, of one that runs at once. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { CalaError, reasonOf } from "../base/error.ts";
import { adoptContainer } from "../cgroup/adopt.ts";
import { limitFiles } from "../cgroup/limits.ts";
import { placeIn, type CgroupPlacement } from "../cgroup/place.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { writeAtomic, writeJson } from "../fs/write-atomic.ts";
import type { CgroupLaunch, HealthLaunch } from "../plan/launch-details.ts";
import type { PlanOrigin } from "../plan/origin.ts";
import { rewritePlan } from "../plan/rewrite.ts";
import type { ContainerRequest, HealthRequest, LimitsRequest, RestartPolicy, Ulimit } from "../spec/request.ts";
import { resolveHealth } from "../spec/health.ts";
import { validateRequest } from "../spec/validate.ts";
import { readLaunchFacts } from "./launch.ts";
import { withContainerLock } from "./lock.ts";
import type { ContainerRecord } from "./record.ts";
import { connectWhileAlive } from "./stop.ts";
import { isAlive, viewOf, type ContainerView } from "./view.ts";

/** What changes; absent: it stays. */
export interface UpdateRequest {
  readonly limits: LimitsRequest;
  readonly restart?: RestartPolicy;
  /** Health checks, from what was wished for before. */
  readonly health?: (former: HealthRequest | undefined) => HealthRequest | undefined;
  /** From the next start on. */
  readonly ulimits: readonly Ulimit[];
  readonly env: readonly string[];
  readonly unsetEnv: readonly string[];
}

/**
 * Records the change for the next start; limits, restart policy and health checks of a container that runs change at once.
 * @throws CalaError `limit-invalid`, `limit-refused`, `options-conflict`, and of a request that contradicts itself
 */
export async function updateContainer(engine: Engine, record: ContainerRecord, change: UpdateRequest): Promise<void> {
  await withContainerLock(engine, record, async (present) => {
    const request = changedRequest(present.request, change);
    validateRequest(request);
    limitFiles(request.limits);
    if (change.health !== undefined) resolveHealth(request, present.image.defaults);
    const view = viewOf(engine.dirs, present);
    if (isAlive(view)) await updateRunning(engine, view, request, change);
    writeJson(containerFiles.record(containerDir(engine.dirs, record.id)), { ...present, request });
  });
}

function changedRequest(request: ContainerRequest, change: UpdateRequest): ContainerRequest {
  const named = (entry: string): string => entry.split("=")[0] ?? "";
  const gone = new Set([...change.env.map(named), ...change.unsetEnv]);
  return {
    ...request,
    limits: mergedLimits(request.limits, change.limits),
    ...(change.restart === undefined ? {} : { restart: change.restart }),
    ...withHealth(request, change.health),
    ulimits: [...request.ulimits.filter(({ name }) => !change.ulimits.some((each) => each.name === name)), ...change.ulimits],
    env: [...request.env.filter((entry) => !gone.has(named(entry))), ...change.env],
    unsetEnv: [...request.unsetEnv, ...change.unsetEnv],
  };
}

function withHealth({ health: former }: ContainerRequest, change: UpdateRequest["health"]): Pick<ContainerRequest, "health"> {
  const health = change?.(former) ?? former;
  return health === undefined ? {} : { health };
}

/** The two ways to say processor time replace each other. */
function mergedLimits(before: LimitsRequest, change: LimitsRequest): LimitsRequest {
  const { cpus, cpuQuotaUs, cpuPeriodUs, ...others } = before;
  const kept = change.cpus !== undefined ? {} : change.cpuQuotaUs !== undefined || change.cpuPeriodUs !== undefined
    ? { ...(cpuQuotaUs === undefined ? {} : { cpuQuotaUs }), ...(cpuPeriodUs === undefined ? {} : { cpuPeriodUs }) }
    : { ...(cpus === undefined ? {} : { cpus }), ...(cpuQuotaUs === undefined ? {} : { cpuQuotaUs }), ...(cpuPeriodUs === undefined ? {} : { cpuPeriodUs }) };
  return { ...others, ...kept, ...change };
}

async function updateRunning(engine: Engine, view: ContainerView, request: ContainerRequest, change: UpdateRequest): Promise<void> {
  const { record, state } = view;
  const hasLimits = Object.keys(change.limits).length > 0;
  const group = readLaunchFacts(containerDir(engine.dirs, record.id))?.cgroupPaths[0];
  const files = limitFiles(request.limits);
  const placement = !hasLimits || state === undefined ? undefined
    : group === undefined ? await adoptContainer({ id: record.id, pid: state.pid, monitorPid: state.monitorPid }, files)
    : placeIn(dirname(group), basename(group), files);
  const [warning] = placement?.warnings ?? [];
  if (warning !== undefined && request.cgroup?.strict === true) throw new CalaError("limits-unavailable", warning);
  if (warning !== undefined) engine.notice(warning);
  if (placement !== undefined) writeLimits(placement, group === undefined ? [] : limitFiles(record.request.limits).map(({ file, value }) => `${file} ${value}`));
  const health = change.health === undefined ? undefined : await (await import("./update-health.ts")).renewHealth(engine, { ...record, request });
  await rewrite(engine, record, placement, { ...(change.restart === undefined ? {} : { restart: change.restart }), ...(health === undefined ? {} : { health }) });
}

/** What stays as it was is not written: the kernel may refuse today what it took then. */
function writeLimits(placement: CgroupPlacement, before: readonly string[]): void {
  for (const { file, value, optional } of placement.limits) {
    if (before.includes(`${basename(file)} ${value}`)) continue;
    try {
      writeFileSync(file, value);
    } catch (error) {
      if (!optional) throw new CalaError("limit-refused", `the kernel refuses "${value}" for ${basename(file)}: ${reasonOf(error)}`, { cause: error });
    }
  }
}

async function rewrite(engine: Engine, record: ContainerRecord, placement: CgroupPlacement | undefined, change: { readonly restart?: RestartPolicy; readonly health?: HealthLaunch | null }): Promise<void> {
  const dir = containerDir(engine.dirs, record.id);
  const cgroup: CgroupLaunch | undefined = placement === undefined || placement.paths.length === 0 ? undefined : { paths: placement.paths, limits: placement.limits };
  const plan = rewritePlan({ bytes: readFileSync(containerFiles.plan(dir)), origin: JSON.parse(readFileSync(containerFiles.origin(dir), "utf8")) as PlanOrigin }, {
    ...(cgroup === undefined ? {} : { cgroup }), ...(change.restart === undefined ? {} : { restart: { policy: change.restart.name, maximum: change.restart.maximumRetries } }),
    ...(change.health === undefined ? {} : { health: change.health }),
  });
  writeAtomic(containerFiles.plan(dir), plan.bytes);
  writeJson(containerFiles.origin(dir), plan.origin);
  if (cgroup !== undefined) {
    writeJson(containerFiles.launch(dir), { ...readLaunchFacts(dir), cgroupPaths: cgroup.paths });
    rmSync(containerFiles.execPlan(dir), { force: true }); // an exec joins the group now
  }
  const connection = await connectWhileAlive(engine, record);
  try {
    await connection?.reload();
  } finally {
    connection?.close();
  }
}
