/** What is noted of a checkpoint, beside what CRIU wrote; `containers/ID/checkpoint.json`. */
import { existsSync } from "node:fs";
import { containerFiles } from "../dirs/paths.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import type { ContainerView } from "./view.ts";

/** Of one checkpoint. */
export interface CheckpointFacts {
  /** RFC 3339. */
  readonly checkpointedAt: string;
  /** When the run began that was saved: tells whether the container still stands where it was saved. */
  readonly run: string;
  readonly leftRunning: boolean;
  readonly criuVersion: string;
  /** Pipes that the monitor holds the other ends of, by CRIU's name of them, and the descriptor that each is. */
  readonly streams: readonly { readonly fd: number; readonly pipe: string }[];
  /** Mounts whose sources the next launch knows, by destination. */
  readonly mounts: readonly { readonly key: string; readonly destination: string }[];
  readonly tcpEstablished: boolean;
  readonly fileLocks: boolean;
  readonly restoredAt?: string;
  /** When the run began that was brought back last. */
  readonly restoredRun?: string;
}

/** The last checkpoint of a container, even if it was used up. */
export function readCheckpointFacts(dir: string): CheckpointFacts | undefined {
  return readJsonIfThere<CheckpointFacts>(containerFiles.checkpointFacts(dir));
}

/** Whether there is something to bring back. */
export function hasCheckpoint(dir: string): boolean {
  return existsSync(containerFiles.checkpoint(dir)) && readCheckpointFacts(dir) !== undefined;
}

/** What `inspect` says, in podman's words. */
export function checkpointState(dir: string, { state, status }: ContainerView, zeroTime: string): Readonly<Record<string, unknown>> {
  const facts = readCheckpointFacts(dir);
  if (facts === undefined) return { CheckpointedAt: zeroTime, RestoredAt: zeroTime };
  const isSaved = status === "exited" && !facts.leftRunning && state?.startedAt === facts.run;
  const isRestored = facts.restoredRun !== undefined && state?.startedAt === facts.restoredRun;
  return {
    ...(isSaved ? { Checkpointed: true, CheckpointPath: containerFiles.checkpoint(dir) } : {}), CheckpointedAt: facts.checkpointedAt,
    ...(isRestored ? { Restored: true } : {}), RestoredAt: facts.restoredAt ?? zeroTime,
  };
}
