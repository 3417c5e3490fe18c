/** Bringing a saved container back: an ordinary start, in which CRIU runs in the place of the container's program (native/container-restore.c). */
import { closeSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { present } from "../base/assert.ts";
import { timestamp } from "../base/clock.ts";
import { CalaError } from "../base/error.ts";
import { ensureDir } from "../dirs/dirs.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { writeAtomic, writeJson } from "../fs/write-atomic.ts";
import { connectControl, isNotRunning } from "../monitor/control.ts";
import { explainReport } from "../monitor/explain.ts";
import { killOrphan } from "../monitor/orphan.ts";
import { readReport } from "../monitor/report.ts";
import { spawnMonitor } from "../monitor/spawn.ts";
import { readMonitorState } from "../monitor/state.ts";
import { restorePlan } from "../plan/compile-restore.ts";
import type { PlanOrigin } from "../plan/origin.ts";
import { bindSources, type CheckpointOutcome } from "./checkpoint.ts";
import { hasCheckpoint, readCheckpointFacts, type CheckpointFacts } from "./checkpoint-facts.ts";
import { askCriu, criuEnvironment, criuRefusal, errorsInLog } from "./criu.ts";
import { criuStatistics } from "./criu-images.ts";
import { wrongState } from "./errors.ts";
import { containerEvent } from "./events.ts";
import { prepareLaunch, type LaunchFacts } from "./launch.ts";
import { withContainerLock } from "./lock.ts";
import type { ContainerRecord } from "./record.ts";
import { isAlive, viewOf } from "./view.ts";

/** How a container is to be brought back. */
export interface RestoreRequest {
  /** Also what was saved with connections, and as they were; or closed. */
  readonly tcpEstablished: boolean;
  readonly tcpClose: boolean;
  readonly fileLocks: boolean;
  /** Keeps what was saved, to bring it back once more, and CRIU's log. */
  readonly keep: boolean;
  /** It was made of an archive just now, and goes again where it cannot be brought back. */
  readonly isNew?: boolean;
}

/** Brings a container back that was saved here. @throws CalaError `restore-unavailable`, `checkpoint-unknown`, `restore-failed`, `container-state-improper` */
export async function restoreContainer(engine: Engine, record: ContainerRecord, request: RestoreRequest): Promise<CheckpointOutcome> {
  const found = await askCriu(engine, "restore");
  const refusal = criuRefusal(found, "restore", engine.env);
  if (refusal !== undefined) throw refusal;
  const criu = present(found.path, "no CRIU");
  return await withContainerLock(engine, record, async (now) => {
    const view = viewOf(engine.dirs, now);
    const dir = containerDir(engine.dirs, now.id);
    if (isAlive(view)) throw wrongState(view, "restore", { hint: `cala stop ${now.name}` });
    const saved = readCheckpointFacts(dir);
    if (saved === undefined || !hasCheckpoint(dir)) throw new CalaError("checkpoint-unknown", `cannot restore the container "${now.name}": it has no checkpoint`, { hint: `cala container checkpoint ${now.name}` });
    killOrphan(dir);
    const launch = await prepareLaunch(engine, now, "start");
    const begun = process.hrtime.bigint();
    await launchWith(engine, now, [criu, ...criuWords(dir, saved, request, launch)], criuEnvironment(engine.env), request.isNew === true);
    const microseconds = Number((process.hrtime.bigint() - begun) / 1000n);
    const outcome = { microseconds, criu: criuStatistics(containerFiles.checkpoint(dir), "restore") };
    writeJson(containerFiles.checkpointFacts(dir), { ...saved, restoredAt: timestamp(), restoredRun: readMonitorState(dir)?.startedAt ?? "" } satisfies CheckpointFacts);
    if (!request.keep) for (const place of [containerFiles.checkpoint(dir), containerFiles.preCheckpoint(dir)]) rmSync(place, { recursive: true, force: true });
    containerEvent(engine, now, "restore");
    return outcome;
  });
}

const pidFile = (dir: string): string => join(containerFiles.checkpoint(dir), "pid");
const logFile = (dir: string): string => join(containerFiles.checkpoint(dir), "restore.log");

function criuWords(dir: string, saved: CheckpointFacts, request: RestoreRequest, launch: LaunchFacts): string[] {
  const sources = new Map(bindSources(dir).map(({ destination, source }) => [destination, source]));
  // The group that the container is in by then; its own path in the host's tree, which it sees from within only.
  const group = launch.cgroupPaths[0] ?? join("/sys/fs/cgroup", /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "");
  return [
    "restore", "--unprivileged", "--no-default-config", "--images-dir", containerFiles.checkpoint(dir), "--log-file", "restore.log", "-v2", "--pidfile", pidFile(dir), "--root", containerFiles.rootfs(dir),
    "--manage-cgroups=ignore", "--restore-detached", "--restore-sibling", "--ext-unix-sk", "--external", "mnt[]",
    ...saved.mounts.flatMap(({ key, destination }) => ["--external", `mnt[${key}]:${sources.get(destination) ?? group}`]),
    ...saved.streams.flatMap(({ fd, pipe }) => ["--inherit-fd", `fd[${fd}]:${pipe}`]),
    ...(saved.tcpEstablished || request.tcpEstablished ? ["--tcp-established"] : []), ...(request.tcpClose ? ["--tcp-close"] : []), ...(saved.fileLocks || request.fileLocks ? ["--file-locks"] : []),
  ];
}

/** Starts the monitor with a plan that executes CRIU; the next start of it, by the restart policy, is an ordinary one again. */
async function launchWith(engine: Engine, record: ContainerRecord, argv: readonly string[], env: Readonly<Record<string, string>>, isNew: boolean): Promise<void> {
  const dir = containerDir(engine.dirs, record.id);
  for (const file of [pidFile(dir), logFile(dir), containerFiles.startTemplate(dir)]) rmSync(file, { force: true });
  const ordinary = { bytes: readFileSync(containerFiles.plan(dir)), origin: JSON.parse(readFileSync(containerFiles.origin(dir), "utf8")) as PlanOrigin };
  const state = readTextIfThere(containerFiles.state(dir));
  const plan = restorePlan(ordinary, { argv, env: Object.entries(env).map(([name, value]) => `${name}=${value}`), pidFile: pidFile(dir) });
  writeAtomic(containerFiles.plan(dir), plan.bytes);
  writeJson(containerFiles.origin(dir), plan.origin);
  const monitor = spawnMonitor({ dir, runtimeDir: ensureDir(engine.dirs.runtime) });
  try {
    const report = readReport(monitor);
    if (report.stage === "started") return;
    // It has not run: it stands where it was saved.
    if (state !== undefined && existsSync(dir)) writeAtomic(containerFiles.state(dir), state);
    if (report.stage !== "enter") throw explainReport(dir, report);
    throw new CalaError("restore-failed", `cannot restore the container "${record.name}"${isNew ? "" : ", whose checkpoint is kept"}: CRIU: ${errorsInLog(logFile(dir))}`, isNew ? {} : { hint: `less ${logFile(dir)}` });
  } finally {
    writeAtomic(containerFiles.plan(dir), ordinary.bytes);
    writeJson(containerFiles.origin(dir), ordinary.origin);
    closeSync(monitor.fd);
    await reload(dir);
  }
}

/** The monitor's next run is by the plan that lies there now; none where the container has ended already. */
async function reload(dir: string): Promise<void> {
  const connection = await connectControl(dir);
  try {
    await connection?.reload();
  } catch (error) {
    if (!isNotRunning(error)) throw error;
  } finally {
    connection?.close();
  }
}
