/** Rows of `ps`: the fields that podman-ps(1) lists for --format. */
import { clock } from "../../core/base/clock.ts";
import { formatBytes } from "../../core/base/bytes.ts";
import { humanDuration } from "../../core/base/duration.ts";
import { shortId } from "../../core/base/id.ts";
import { portsText } from "../../core/container/port.ts";
import { stateText, statusText, type ContainerView } from "../../core/container/view.ts";

/** Bytes that a container wrote, and those of its image. */
export interface ContainerSize {
  readonly rw: number;
  readonly rootFs: number;
}

/** How `ps` wants its rows: ids and commands whole or cut, by which column, and sizes by id where they were asked for. */
export interface RowOptions {
  readonly noTrunc: boolean;
  readonly sort: string;
  readonly sizes?: ReadonlyMap<string, ContainerSize>;
}

/** One row; the names are those of templates. */
export type ContainerRow = ReturnType<typeof rowOf>;

/** Columns of the table of `ps`, in order, by the names of templates. */
export const rowColumns: readonly string[] = ["ID", "Image", "Command", "CreatedHuman", "Status", "Ports", "Names"];
/** Headings that are not the column's own name in capitals. */
export const rowHeadings: Readonly<Record<string, string>> = { ID: "CONTAINER ID", CreatedHuman: "CREATED", RunningFor: "CREATED", CreatedAt: "CREATED AT", Size: "SIZE", ImageID: "IMAGE ID", Networks: "NETWORKS", Pod: "POD ID", PodName: "PODNAME" };

const commandWidth = 17;

function rowOf(view: ContainerView, options: RowOptions, nowMs: number) {
  const { record, state } = view;
  const createdMs = Date.parse(record.createdAt);
  const command = record.args.join(" ");
  const size = options.sizes?.get(record.id);
  const alive = view.status === "running" || view.status === "paused";
  const human = `${humanDuration(nowMs - createdMs)} ago`;
  return {
    ID: options.noTrunc ? record.id : shortId(record.id),
    Names: record.name,
    Image: record.imageName,
    ImageID: options.noTrunc ? record.imageId : shortId(record.imageId),
    Command: options.noTrunc || command.length <= commandWidth ? command : `${command.slice(0, commandWidth)}...`,
    Created: human,
    CreatedAt: goTime(createdMs),
    CreatedHuman: human,
    RunningFor: human,
    Status: statusText(view, nowMs),
    State: stateText(view, nowMs),
    Ports: portsText(record.ports),
    Labels: labelsOf(record.labels),
    Label: (key: string): string => record.labels[key] ?? "",
    Mounts: mountTargets(view).join(","),
    Networks: record.networkMode,
    Pid: alive ? state?.pid ?? 0 : 0,
    ExitCode: state?.exitCode ?? 0,
    Exited: view.status === "exited",
    ExitedAt: state === undefined || state.finishedAt === "" ? -62135596800 : Math.floor(Date.parse(state.finishedAt) / 1000),
    StartedAt: state === undefined || state.startedAt === "" ? -62135596800 : Math.floor(Date.parse(state.startedAt) / 1000),
    Restarts: state?.restartCount ?? 0,
    AutoRemove: record.request.remove,
    IsInfra: false,
    Pod: "",
    PodName: "",
    CIDFile: "",
    Size: size === undefined ? "" : `${formatBytes(size.rw, "")} (virtual ${formatBytes(size.rootFs + size.rw, "")})`,
    createdMs,
    sizeBytes: size?.rw ?? 0,
  };
}

const order: Readonly<Record<string, (row: ContainerRow) => string | number>> = {
  command: (row) => row.Command, created: (row) => row.createdMs, id: (row) => row.ID, image: (row) => row.Image,
  names: (row) => row.Names, runningfor: (row) => -row.createdMs, size: (row) => row.sizeBytes, status: (row) => row.Status,
};

/** Rows in the order asked for. */
export function containerRows(views: readonly ContainerView[], options: RowOptions): ContainerRow[] {
  const nowMs = clock.nowMs();
  const rows = views.map((view) => rowOf(view, options, nowMs));
  const key = order[options.sort];
  if (key === undefined || options.sort === "created") return rows;
  return rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** The objects of `ps --format json`, as podman 4.3 prints them. */
export function containerDocuments(views: readonly ContainerView[]): unknown[] {
  const nowMs = clock.nowMs();
  return views.map((view) => {
    const { record } = view;
    const row = rowOf(view, { noTrunc: true, sort: "created" }, nowMs);
    return {
      AutoRemove: row.AutoRemove, Command: record.args, CreatedAt: row.CreatedHuman, CIDFile: "", Exited: row.Exited, ExitedAt: row.ExitedAt, ExitCode: row.ExitCode,
      Id: record.id, Image: record.imageName, ImageID: record.imageId, IsInfra: false, Labels: record.labels, Mounts: mountTargets(view), Names: [record.name],
      Namespaces: {}, Networks: [], Pid: row.Pid, Pod: "", PodName: "",
      Ports: record.ports.map((port) => ({ host_ip: port.hostIp, container_port: port.containerPort, host_port: port.hostPort, range: 1, protocol: port.protocol })),
      Restarts: row.Restarts, Size: null, StartedAt: row.StartedAt, State: view.status, Status: row.Status, Created: Math.floor(row.createdMs / 1000),
    };
  });
}

function mountTargets({ record }: ContainerView): string[] {
  const own = record.request.mounts.flatMap((mount) => (mount.kind === "bind" || mount.kind === "image" ? [mount.target] : []));
  return [...own, ...record.volumes.map((volume) => volume.target)];
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels).map(([key, label]) => `${key}=${label}`).sort().join(",");
}

/** Go's default form of a time: `2026-01-31 12:00:00.123 +0000 UTC`. */
function goTime(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").replace("Z", " +0000 UTC");
}
