import { formatBytes } from "../../core/base/bytes.ts";
import type { DiskUsage } from "../../core/system/df.ts";
import { alignColumns } from "../output/table.ts";
import { containerRows } from "./container-rows.ts";
import { imageRows } from "./image-rows.ts";

/** The three tables of `system df --verbose`. */
export function usageDetails(usage: DiskUsage): string {
  return [
    section("Images", ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE", "SHARED SIZE", "UNIQUE SIZE", "CONTAINERS"], imageLines(usage)),
    section("Containers", ["CONTAINER ID", "IMAGE", "COMMAND", "LOCAL VOLUMES", "SIZE", "CREATED", "STATUS", "NAMES"], containerLines(usage)),
    section("Local Volumes", ["VOLUME NAME", "LINKS", "SIZE"], usage.volumes.map(({ volume, links, sizeBytes }) => [volume.name, String(links), size(sizeBytes)])),
  ].join("\n");
}

function section(title: string, heading: readonly string[], lines: readonly (readonly string[])[]): string {
  return `${title} space usage:\n\n${alignColumns([heading, ...lines].map((line) => [...line]))}`;
}

const size = (bytes: number): string => formatBytes(bytes, "");

function imageLines({ images }: DiskUsage): string[][] {
  return images.flatMap(({ listed, sizeBytes, sharedBytes }) => imageRows([listed], false).map((row) => [row.Repository, row.Tag, row.ID, row.CreatedSince, size(sizeBytes), size(sharedBytes), size(sizeBytes - sharedBytes), String(row.Containers)]));
}

function containerLines({ containers }: DiskUsage): string[][] {
  return containers.flatMap(({ view, sizeBytes }) => containerRows([view], { noTrunc: false, sort: "created" }).map((row) => [row.ID, row.Image, row.Command, String(view.record.volumes.length), size(sizeBytes), row.CreatedHuman, row.Status, row.Names]));
}
