/** THE list of measurements, in the order of the table. */
import type { Measurement } from "../measurement.ts";
import { endLease } from "./end-lease.ts";
import { execCommand } from "./exec-command.ts";
import { followHost } from "./follow-host.ts";
import { idleMemory } from "./idle-memory.ts";
import { listContainers } from "./list-containers.ts";
import { listImages } from "./list-images.ts";
import { moveImages } from "./move-images.ts";
import { networkMeasurements } from "./networks.ts";
import { pullBig } from "./pull-big.ts";
import { runDefaultNetwork } from "./run-default-network.ts";
import { readLogs } from "./read-logs.ts";
import { runNewOptions, runNewWords, runNoNetwork } from "./run-no-network.ts";
import { startMany } from "./start-many.ts";
import { startOtherIds } from "./start-other-ids.ts";
import { stopCommand } from "./stop-command.ts";
import { takeSnapshot } from "./take-snapshot.ts";
import { writeGigabyte } from "./write-gigabyte.ts";

export const measurements: readonly Measurement[] = [
  runNoNetwork, runNewWords, runNewOptions, runDefaultNetwork, execCommand, stopCommand, startMany, listContainers, writeGigabyte, readLogs, pullBig, takeSnapshot, endLease, ...idleMemory, ...moveImages, listImages, ...networkMeasurements, ...followHost, ...startOtherIds,
];
