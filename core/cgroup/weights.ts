/** Which of the two schedulers that weigh input and output takes a weight: BFQ (`io.bfq.weight`) or cost (`io.weight`). */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTextIfThere } from "../fs/read-json.ts";
import { cgroupRoot } from "./detect.ts";
import type { LimitFile } from "./limits.ts";

/** Where the kernel tells of its schedulers. */
export interface SchedulerPlaces {
  /** The root of the control groups, which has `io.cost.qos`. */
  readonly root: string;
  /** A link for each block device, by number. */
  readonly devices: string;
}

const schedulerPlaces: SchedulerPlaces = { root: cgroupRoot, devices: "/sys/dev/block" };
const weights = ["io.bfq.weight", "io.weight"];

/**
 * The files without the weights that this kernel would refuse: a kernel has the file of one scheduler or of none (`parent` has the files that its
 * child will have), and a device's own weight needs the scheduler to be at work on that device. @returns also a line of warning, if something was left out
 */
export function keepWeights(parent: string, files: readonly LimitFile[], places = schedulerPlaces): { readonly kept: readonly LimitFile[]; readonly warnings: readonly string[] } {
  if (!files.some(({ file }) => weights.includes(file))) return { kept: files, warnings: [] };
  const found = weights.filter((file) => existsSync(join(parent, file)));
  const kept = files.filter((limit) => {
    if (!weights.includes(limit.file)) return true;
    const device = deviceOf(limit);
    return device === undefined ? limit.file === found[0] : found.includes(limit.file) && isWeighed(limit.file, device, places);
  });
  if (found.length === 0) return { kept, warnings: ["the weight of input and output is not applied: this kernel weighs neither by BFQ nor by cost; fix: use --device-read-bps and --device-write-bps"] };
  const idle = files.map(deviceOf).find((device) => device !== undefined && !kept.some((limit) => deviceOf(limit) === device && weights.includes(limit.file)));
  return { kept, warnings: idle === undefined ? [] : [`the weight of the device ${idle} is not applied: nothing weighs its input and output; fix: echo "${idle} enable=1" | sudo tee ${cgroupRoot}/io.cost.qos`] };
}

/** The number of the device whose weight this is. */
function deviceOf({ file, value }: LimitFile): string | undefined {
  return weights.includes(file) ? /^(\d+:\d+) /.exec(value)?.[1] : undefined;
}

function isWeighed(file: string, device: string, { root, devices }: SchedulerPlaces): boolean {
  if (file === "io.bfq.weight") return (readTextIfThere(join(devices, device, "queue/scheduler")) ?? "").includes("[bfq]");
  return (readTextIfThere(join(root, "io.cost.qos")) ?? "").split("\n").some((line) => line.startsWith(`${device} enable=1`));
}
