/** The plan of a start that brings saved processes back: the same namespaces, root and network, but CRIU in the place of mounts, limits and program. */
import { statSync } from "node:fs";
import type { CompiledPlan } from "./compile.ts";
import { decodePlan } from "./decode.ts";
import { encodePlan } from "./encode.ts";
import { cloneFlags } from "./launch-details.ts";
import { op, type OpName, type PlanOp } from "./ops.ts";
import { originOf, type PlanOrigin } from "./origin.ts";

/** CRIU, and where it writes the pid of what it brought back. */
export interface RestoreProgram {
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly pidFile: string;
}

/** Of a container's own side: its root, and what namespaces hold that CRIU does not make. The rest is in the files that CRIU saved. */
const keptSetup: readonly OpName[] = ["root-overlay", "root-bind", "hostname", "domainname", "loopback-up", "sysctl"];

/** Changes the plan of an ordinary start. The pid namespace is CRIU's to make: only a new one has the saved pids free. @throws CalaError `plan-damaged` */
export function restorePlan(plan: { readonly bytes: Uint8Array; readonly origin: PlanOrigin }, program: RestoreProgram): CompiledPlan {
  const decoded = decodePlan(plan.bytes);
  const all = decoded.ops.map((each): PlanOp & { readonly section: string } => ({
    name: each.name, values: each.values, policy: each.ignoresFailure ? "ignore" : "fail", origin: plan.origin.ops[each.index]?.from ?? "", section: each.section,
  }));
  const of = (section: string): PlanOp[] => all.filter((each) => each.section === section);
  const ops: PlanOp[] = [
    ...of("settings").map(withoutPids),
    op("restore", { pidFile: program.pidFile }, "CRIU"),
    ...of("host"),
    ...setupOf(of("setup")),
    op("environment", { variables: program.env }, "CRIU"),
    op("exec", { arguments: program.argv, flags: 0 }, `CRIU ("${program.argv[0] ?? ""}")`),
    ...of("cleanup"),
  ];
  return { bytes: encodePlan(decoded.kind, ops), origin: originOf(ops) };
}

/** Mounts are CRIU's, but the places for them must be there. */
function setupOf(setup: readonly PlanOp[]): PlanOp[] {
  const place = ({ name, values }: PlanOp): string | undefined => ((name.startsWith("mount-") || name === "secret") && typeof values["destination"] === "string" ? values["destination"] : undefined);
  const places = setup.flatMap((each) => place(each) ?? []);
  return setup.flatMap((each): PlanOp[] => {
    const own = place(each);
    if (own === undefined) return keptSetup.includes(each.name) ? [each] : [];
    if (places.some((other) => own.startsWith(`${other}/`))) return [];
    return [isFile(each) ? op("make-file", { path: own, mode: 0o644 }, each.origin) : op("make-directory", { path: own, mode: 0o755 }, each.origin)];
  });
}

function isFile({ name, values }: PlanOp): boolean {
  return name === "secret" || (name === "mount-bind" && statSync(String(values["source"]), { throwIfNoEntry: false })?.isDirectory() === false);
}

function withoutPids(settings: PlanOp): PlanOp {
  if (settings.name !== "namespaces") return settings;
  return { ...settings, values: { ...settings.values, create: Number(settings.values["create"]) & ~cloneFlags.pid } };
}
