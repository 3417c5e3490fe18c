/** Changing what a plan says of limits, restarts and health checks while its container runs: it holds for the runs that the restart policy begins. */
import { compileCgroup, compileHealth, restartPolicies } from "./compile-host.ts";
import type { CompiledPlan } from "./compile.ts";
import { decodePlan } from "./decode.ts";
import { encodePlan } from "./encode.ts";
import type { CgroupLaunch, HealthLaunch, MonitorLaunch } from "./launch-details.ts";
import { ops as table, type PlanOp } from "./ops.ts";
import { originOf, type PlanOrigin } from "./origin.ts";

/** What changes; absent: it stays. */
export interface PlanChange {
  readonly cgroup?: CgroupLaunch;
  readonly restart?: MonitorLaunch["restart"];
  /** null: without health checks from now on. */
  readonly health?: HealthLaunch | null;
}

/** The same plan with other limits, another restart policy or other health checks. @throws CalaError `plan-damaged` */
export function rewritePlan(plan: { readonly bytes: Uint8Array; readonly origin: PlanOrigin }, change: PlanChange): CompiledPlan {
  const decoded = decodePlan(plan.bytes);
  const all = decoded.ops.map((each): PlanOp & { readonly section: string } => ({
    name: each.name, values: each.values, policy: each.ignoresFailure ? "ignore" : "fail", origin: plan.origin.ops[each.index]?.from ?? "", section: each.section,
  }));
  const kept = all.filter(({ name }) => change.cgroup === undefined || !name.startsWith("cgroup-"));
  const settings = withHealth(kept.filter(({ section }) => section === "settings"), change.health).map((each) => (each.name === "monitor" ? withRestart(each, change.restart) : each));
  const ops: PlanOp[] = [...settings, ...(change.cgroup === undefined ? [] : compileCgroup(change.cgroup)), ...kept.filter(({ section }) => section !== "settings")];
  return { bytes: encodePlan(decoded.kind, ops), origin: originOf(ops) };
}

function withHealth(settings: readonly PlanOp[], health: HealthLaunch | null | undefined): PlanOp[] {
  if (health === undefined) return [...settings];
  const others = settings.filter(({ name }) => name !== "health-check" && name !== "startup-check");
  return [...others, ...compileHealth(health ?? undefined)].sort((one, other) => table[one.name].rank - table[other.name].rank);
}

function withRestart(settings: PlanOp, restart: MonitorLaunch["restart"] | undefined): PlanOp {
  if (restart === undefined) return settings;
  return { ...settings, values: { ...settings.values, restartPolicy: restartPolicies[restart.policy], restartMaximum: restart.maximum } };
}
