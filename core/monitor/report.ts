import { readSync } from "node:fs";
import { CalaError, isErrno } from "../base/error.ts";
import { waitpid } from "../sys/waitpid.ts";
import { frameTypes } from "./frame.ts";
import type { SpawnedMonitor } from "./spawn.ts";

/** How far a start came; the names of `enum report_stage` in native/container.h, in its order. */
export const reportStages = ["started", "plan", "userns", "host", "clone", "setup", "enter", "helper", "monitor"] as const;
export type ReportStage = (typeof reportStages)[number];

/** What a monitor says of the start. */
export interface StartReport {
  readonly stage: ReportStage;
  /** Index over all ops of the plan, for the origin; with stage `plan` a byte offset. */
  readonly opIndex: number;
  /** Positive; 0 when started. */
  readonly errno: number;
  /** The container's first process, as the host sees it. */
  readonly pid: number;
  /** A helper's last words, or more about the failure; of a start that went well, what the user should know. Often empty. */
  readonly text: string;
}

const headerBytes = 8;
const reportBytes = 16;

/**
 * Waits, without the event loop, for the report of a monitor that was just started, and reaps the monitor's first process.
 * @throws CalaError `monitor-lost` when the monitor ended without a word
 */
export function readReport(monitor: SpawnedMonitor): StartReport {
  const header = readExactly(monitor.fd, headerBytes);
  const payload = readExactly(monitor.fd, header.readUInt32LE(4));
  waitpid(monitor.pid);
  if (header.readUInt8(0) !== frameTypes.report || payload.length < reportBytes) throw monitorLost();
  return decodeReport(payload);
}

/** The payload of a REPORT frame, of at least 16 bytes. */
export function decodeReport(payload: Buffer): StartReport {
  return {
    stage: reportStages[payload.readUInt32LE(0)] ?? "monitor",
    opIndex: payload.readUInt32LE(4),
    errno: payload.readInt32LE(8),
    pid: payload.readUInt32LE(12),
    text: payload.subarray(reportBytes).toString("utf8"),
  };
}

function readExactly(fd: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let offset = 0; offset < length; ) {
    const count = readSome(fd, bytes, offset);
    if (count === 0) throw monitorLost();
    offset += count;
  }
  return bytes;
}

function readSome(fd: number, bytes: Buffer, offset: number): number {
  try {
    return readSync(fd, bytes, offset, bytes.length - offset, null);
  } catch (error) {
    if (isErrno(error, "ECONNRESET")) return 0;
    throw error;
  }
}

function monitorLost(): CalaError {
  return new CalaError("monitor-lost", "the monitor of the container ended before the container was started", { hint: "cala info" });
}
