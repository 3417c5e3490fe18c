import { formatBytes } from "../../core/base/bytes.ts";
import { activeCounts, type DiskUsage } from "../../core/system/df.ts";
import { isAlive } from "../../core/container/view.ts";

/** One line of `system df`; the names are those of templates. */
export interface UsageRow {
  readonly Type: string;
  readonly Total: number;
  readonly Active: number;
  readonly Size: string;
  readonly Reclaimable: string;
  readonly rawSize: number;
  readonly rawReclaimable: number;
}

/** Images, containers, volumes. */
export function usageRows(usage: DiskUsage): UsageRow[] {
  const active = activeCounts(usage);
  const sum = (list: readonly { readonly sizeBytes: number }[]): number => list.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  return [
    rowOf("Images", usage.images.length, active.images, usage.layerBytes, usage.reclaimableLayerBytes),
    rowOf("Containers", usage.containers.length, active.containers, sum(usage.containers), sum(usage.containers.filter(({ view }) => !isAlive(view)))),
    rowOf("Local Volumes", usage.volumes.length, active.volumes, sum(usage.volumes), sum(usage.volumes.filter(({ links }) => links === 0))),
  ];
}

function rowOf(type: string, total: number, active: number, size: number, reclaimable: number): UsageRow {
  const percent = size === 0 ? 0 : Math.round((100 * reclaimable) / size);
  return { Type: type, Total: total, Active: active, Size: formatBytes(size, ""), Reclaimable: `${formatBytes(reclaimable, "")} (${percent}%)`, rawSize: size, rawReclaimable: reclaimable };
}
