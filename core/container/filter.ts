/** The `--filter` keys of `ps` (podman-ps(1)); each key is one line of the table below. */
import { CalaError } from "../base/error.ts";
import { parseDurationMs } from "../base/duration.ts";
import { clock } from "../base/clock.ts";
import type { ContainerView } from "./view.ts";

type Predicate = (view: ContainerView) => boolean;

/** What filters must know beyond the container itself. */
export interface FilterContext {
  /** The id of the container that `before` or `since` names. */
  readonly createdAtOf: (nameOrId: string) => string;
  /** Whether the container's image is, or descends from, what the user names. */
  readonly isDescendant: (view: ContainerView, image: string) => boolean;
}

const filters: Readonly<Record<string, (value: string, context: FilterContext) => Predicate>> = {
  id: (value) => (view) => view.record.id.startsWith(value) || matches(value, view.record.id),
  name: (value) => (view) => matches(value, view.record.name),
  label: (value) => byLabel(value),
  "label!": (value) => (view) => !byLabel(value)(view),
  status: (value) => byStatus(value),
  exited: (value) => byExitCode(value),
  ancestor: (value, context) => (view) => context.isDescendant(view, value),
  before: (value, context) => (view) => view.record.createdAt < context.createdAtOf(value),
  since: (value, context) => (view) => view.record.createdAt > context.createdAtOf(value),
  volume: (value) => (view) => usesVolume(view, value),
  network: (value) => (view) => view.record.networkMode === value || view.record.request.network.modes.includes(value),
  publish: (value) => (view) => byPort(value, view),
  expose: (value) => (view) => byPort(value, view),
  until: (value) => (view) => Date.parse(view.record.createdAt) < untilMs(value),
  health: (value) => byHealth(value),
  "restart-policy": (value) => (view) => view.record.request.restart.name === (value === "" || value === "never" ? "no" : value),
  "should-start-on-boot": (value) => (view) => String(startsOnBoot(view)) === value.toLowerCase(),
  command: (value) => (view) => matches(value, view.record.args.join(" ")),
};

const statuses: readonly string[] = ["created", "initialized", "running", "paused", "exited", "stopped", "stopping", "removing", "unknown"];

/**
 * One predicate from all filters: values of one key are alternatives (labels: all must hold), different keys must all hold.
 * @throws CalaError `filter-invalid`
 */
export function containerFilter(pairs: readonly (readonly [key: string, value: string])[], context: FilterContext): Predicate {
  const byKey = new Map<string, Predicate[]>();
  for (const [key, value] of pairs) {
    const make = filters[key];
    if (make === undefined) {
      throw new CalaError("filter-invalid", `"${key}" is not a filter for containers`, { hint: `filters are ${Object.keys(filters).join(", ")}` });
    }
    byKey.set(key, [...(byKey.get(key) ?? []), make(value, context)]);
  }
  const groups = [...byKey].map(([key, predicates]): Predicate => {
    return (view) => (key.startsWith("label") ? predicates.every((test) => test(view)) : predicates.some((test) => test(view)));
  });
  return (view) => groups.every((test) => test(view));
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return text.includes(pattern);
  }
}

function byLabel(value: string): Predicate {
  const equals = value.indexOf("=");
  const key = equals === -1 ? value : value.slice(0, equals);
  return (view) => {
    const label = view.record.labels[key];
    return label !== undefined && (equals === -1 || label === value.slice(equals + 1));
  };
}

function byStatus(value: string): Predicate {
  if (!statuses.includes(value)) {
    throw new CalaError("filter-invalid", `"${value}" is not a status of containers`, { hint: `use one of ${statuses.join(", ")}` });
  }
  const wanted = value === "stopped" ? "exited" : value;
  return (view) => view.status === wanted;
}

function byExitCode(value: string): Predicate {
  if (!/^-?\d{1,10}$/.test(value)) throw new CalaError("filter-invalid", `"${value}" is not an exit code`, { hint: "cala ps --all --filter exited=1" });
  return (view) => view.status === "exited" && view.state?.exitCode === Number(value);
}

const healths: readonly string[] = ["starting", "healthy", "unhealthy", "none"];

function byHealth(value: string): Predicate {
  if (!healths.includes(value)) throw new CalaError("filter-invalid", `"${value}" is not a state of health`, { hint: `use one of ${healths.join(", ")}` });
  return ({ status, state }) => {
    const health = status === "running" || status === "paused" ? state?.health ?? "" : "";
    return (health === "" ? "none" : health) === value;
  };
}

/** Whether a container is to be started with the host. */
function startsOnBoot({ record, state }: ContainerView): boolean {
  const { name } = record.request.restart;
  return name === "always" || (name === "unless-stopped" && state?.stoppedByUser !== true);
}

function usesVolume(view: ContainerView, value: string): boolean {
  const binds = view.record.request.mounts.flatMap((mount) => (mount.kind === "bind" ? [mount.source, mount.target] : []));
  return view.record.volumes.some((volume) => volume.name === value || volume.target === value) || binds.includes(value);
}

function byPort(value: string, view: ContainerView): boolean {
  const [port, protocol = "tcp"] = value.split("/");
  return view.record.ports.some((published) => published.protocol === protocol && (String(published.containerPort) === port || String(published.hostPort) === port));
}

function untilMs(value: string): number {
  const date = Date.parse(value);
  return Number.isNaN(date) ? clock.nowMs() - parseDurationMs(value) : date;
}
