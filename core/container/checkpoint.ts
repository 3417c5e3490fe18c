/** Saving a running container to disk with CRIU, which needs capabilities of the host for that; nothing is lost where it fails. */
import { existsSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { present } from "../base/assert.ts";
import { timestamp } from "../base/clock.ts";
import { CalaError, isErrno } from "../base/error.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { namesIn } from "../fs/list-names.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { askCriu, criuRefusal, errorsInLog, runCriu } from "./criu.ts";
import { assumeNamespaces, criuStatistics, distinguishMounts } from "./criu-images.ts";
import type { CheckpointFacts } from "./checkpoint-facts.ts";
import { wrongState } from "./errors.ts";
import { containerEvent } from "./events.ts";
import { readLaunchFacts, readRuntimeConfig, type LaunchFacts } from "./launch.ts";
import { withContainerLock } from "./lock.ts";
import type { ContainerRecord, MonitorState } from "./record.ts";
import { stopContainer } from "./stop.ts";
import { viewOf } from "./view.ts";

/** How a container is to be saved. */
export interface CheckpointRequest {
  readonly leaveRunning: boolean;
  readonly tcpEstablished: boolean;
  readonly fileLocks: boolean;
  /** Keeps CRIU's log and statistics. */
  readonly keep: boolean;
  /** Only its memory, to save the rest quickly later. */
  readonly preCheckpoint: boolean;
  /** Upon such a memory. */
  readonly withPrevious: boolean;
  /** Writes an archive while the container stands still. Absent: it is kept here only. */
  readonly archive?: (dir: string, present: ContainerRecord) => Promise<void>;
}

/** What it took. */
export interface CheckpointOutcome {
  readonly microseconds: number;
  readonly criu: Readonly<Record<string, number>>;
}

/** Saves a container and ends it, unless it is to run on. @throws CalaError `checkpoint-unavailable`, `checkpoint-unsupported`, `checkpoint-failed`, `container-state-improper` */
export async function checkpointContainer(engine: Engine, record: ContainerRecord, request: CheckpointRequest): Promise<CheckpointOutcome> {
  const facts = await askCriu(engine, "checkpoint");
  const refusal = criuRefusal(facts, "checkpoint", engine.env);
  if (refusal !== undefined) throw refusal;
  return await withContainerLock(engine, record, async (now) => {
    const view = viewOf(engine.dirs, now);
    if (view.status !== "running") throw wrongState(view, "checkpoint", { hint: view.status === "paused" ? `cala unpause ${now.name}` : `cala start ${now.name}` });
    const dir = containerDir(engine.dirs, now.id);
    checkSavable(now, readLaunchFacts(dir), request);
    if (request.withPrevious && !existsSync(containerFiles.preCheckpoint(dir))) throw new CalaError("checkpoint-unknown", `no memory of the container "${now.name}" was saved beforehand`, { hint: `cala container checkpoint --pre-checkpoint ${now.name}` });
    const saving = new Saving(engine, now, present(view.state, "a running container without state"), { path: present(facts.path, "no CRIU"), version: facts.version ?? "" });
    return request.preCheckpoint ? await saving.memory() : await saving.all(request);
  });
}

/** What CRIU could not bring back, so that it is not saved either. */
function checkSavable(record: ContainerRecord, launch: LaunchFacts | undefined, request: CheckpointRequest): void {
  const refuse = (why: string, hint?: string): never => {
    throw new CalaError("checkpoint-unsupported", `cannot checkpoint the container "${record.name}": ${why}`, hint === undefined ? {} : { hint });
  };
  if (launch === undefined || launch.translation !== undefined) return refuse("it has no namespaces");
  if (launch.namespaces.user !== "new" || launch.namespaces.pid !== "new") return refuse("its process ids or its users are those of others, so that they cannot be given back", "run it without --pid and --userns=host");
  const shared = (["network", "ipc", "uts", "cgroup"] as const).find((type) => typeof launch.namespaces[type] === "object");
  if (launch.namespaces.network === "host" || launch.namespaces.ipc === "host") return refuse(`its ${launch.namespaces.network === "host" ? "network" : "interprocess communication"} is the host's, and so is what it sees of it in the file system`, "run it without --network=host and --ipc=host");
  if (shared !== undefined) return refuse(`it shares the ${shared} namespace of another container`);
  if (record.request.terminal) return refuse("it has a terminal, whose other end CRIU cannot save", "run it without -t");
  if (record.request.init) return refuse("its first process is cala's own init, which is executed from memory, where CRIU does not find it again", "run it without --init");
  if (record.request.logDriver?.startsWith("passthrough") === true) return refuse("it writes to the streams of the command that started it");
  if (record.request.remove && request.archive === undefined && !request.leaveRunning && !request.preCheckpoint) return refuse("it is removed when it ends (--rm)", `cala container checkpoint --export FILE ${record.name}`);
}

/** One container on its way to disk. */
class Saving {
  readonly #engine: Engine;
  readonly #record: ContainerRecord;
  readonly #state: MonitorState;
  readonly #criu: { readonly path: string; readonly version: string };
  readonly #dir: string;

  constructor(engine: Engine, record: ContainerRecord, state: MonitorState, criu: { readonly path: string; readonly version: string }) {
    [this.#engine, this.#record, this.#state, this.#criu] = [engine, record, state, criu];
    this.#dir = containerDir(engine.dirs, record.id);
  }

  /** The memory alone, while the container runs. */
  async memory(): Promise<CheckpointOutcome> {
    const target = containerFiles.preCheckpoint(this.#dir);
    return await this.#into(target, async (images) => {
      const took = await this.#run(images, ["pre-dump", "--track-mem"], []);
      return { microseconds: took, criu: criuStatistics(images, "checkpoint") };
    });
  }

  async all(request: CheckpointRequest): Promise<CheckpointOutcome> {
    const target = containerFiles.checkpoint(this.#dir);
    const streams = this.#streams();
    const mounts = this.#mounts();
    const runsOn = request.leaveRunning && request.archive === undefined;
    const words = [
      runsOn ? "--leave-running" : "--leave-stopped", ...(request.tcpEstablished ? ["--tcp-established"] : []), ...(request.fileLocks ? ["--file-locks"] : []),
      ...(request.withPrevious ? ["--track-mem", "--prev-images-dir", "../pre-checkpoint"] : []), ...mounts.flatMap(({ key, destination }) => ["--external", `mnt[${destination}]:${key}`]),
    ];
    const facts: CheckpointFacts = {
      checkpointedAt: timestamp(), run: this.#state.startedAt, leftRunning: request.leaveRunning, criuVersion: this.#criu.version, streams, mounts, tcpEstablished: request.tcpEstablished, fileLocks: request.fileLocks,
    };
    return await this.#into(target, async (images) => {
      const took = await this.#run(images, ["dump"], words);
      try {
        this.#checkMemory(images);
        assumeNamespaces(images);
        distinguishMounts(images);
        const outcome = { microseconds: took, criu: criuStatistics(images, "checkpoint") };
        if (!request.keep) for (const name of ["dump.log", "stats-dump"]) rmSync(join(images, name), { force: true });
        return outcome;
      } catch (error) {
        if (!runsOn) await this.#goOn();
        throw error;
      }
    }, async () => {
      writeJson(containerFiles.checkpointFacts(this.#dir), facts);
      try {
        await request.archive?.(this.#dir, this.#record);
      } catch (error) {
        await this.#goOn();
        throw error;
      }
      containerEvent(this.#engine, this.#record, "checkpoint");
      if (!request.leaveRunning) await stopContainer(this.#engine, this.#record, { timeoutSeconds: 0 });
      else if (!runsOn) await this.#goOn();
    });
  }

  /** The namespace that these live in is made by the launch, and comes up empty. */
  #checkMemory(images: string): void {
    if (!namesIn(images).some((name) => /^ipcns-(shm|msg|sem)-/.test(name))) return;
    throw new CalaError("checkpoint-unsupported", `cannot checkpoint the container "${this.#record.name}", which runs on: it has shared memory, queues or semaphores of System V, which would not be brought back`);
  }

  /** A directory takes its place when it is whole. */
  async #into(target: string, fill: (images: string) => Promise<CheckpointOutcome>, after?: () => Promise<void>): Promise<CheckpointOutcome> {
    const images = `${target}.new`;
    rmSync(images, { recursive: true, force: true });
    mkdirSync(images, { mode: 0o700 });
    const outcome = await fill(images);
    rmSync(target, { recursive: true, force: true });
    renameSync(images, target);
    await after?.();
    return outcome;
  }

  /** @returns microseconds @throws CalaError `checkpoint-failed` with CRIU's own reason */
  async #run(images: string, action: readonly string[], words: readonly string[]): Promise<number> {
    const begun = process.hrtime.bigint();
    const ownNetwork = readLaunchFacts(this.#dir)?.namespaces.network === "new";
    const args = [
      ...action, "--unprivileged", "--no-default-config", "--tree", String(this.#state.pid), "--images-dir", images, "--log-file", "dump.log", "-v2", "--manage-cgroups=ignore", "--network-lock", "skip",
      "--ext-unix-sk", "--enable-external-masters", "--external", "mnt[]", ...(ownNetwork ? ["--empty-ns", "net"] : []), ...words,
    ];
    const { code, text } = await runCriu(this.#criu.path, args);
    if (code === 0) return Number((process.hrtime.bigint() - begun) / 1000n);
    throw new CalaError("checkpoint-failed", `cannot checkpoint the container "${this.#record.name}", which runs on: CRIU ${this.#criu.version}: ${errorsInLog(join(images, "dump.log"), text)}`, { hint: `less ${join(images, "dump.log")}` });
  }

  /** Processes that were left stopped. */
  async #goOn(): Promise<void> {
    const { containerProcesses } = await import("./processes.ts");
    for (const { hostPid } of (await containerProcesses(this.#engine, this.#record)).processes) {
      try {
        process.kill(hostPid, "SIGCONT");
      } catch (error) {
        if (!isErrno(error, "ESRCH")) throw error;
      }
    }
  }

  /** The standard streams that lead to the monitor; any other pipe has both ends in the container. */
  #streams(): CheckpointFacts["streams"] {
    const monitors = new Set(linksOf(this.#state.monitorPid).map(({ link }) => link));
    const own = linksOf(this.#state.pid).filter(({ fd, link }) => fd < 3 && link.startsWith("pipe:") && monitors.has(link));
    return own.filter(({ link }, index) => own.findIndex((other) => other.link === link) === index).map(({ fd, link }) => ({ fd, pipe: link }));
  }

  /** Sources that lie elsewhere when a copy is brought back, or that are the launch's to choose. The others CRIU finds by itself. */
  #mounts(): CheckpointFacts["mounts"] {
    const points = readFileSync(`/proc/${this.#state.pid}/mountinfo`, "utf8").split("\n").map((line) => line.split(" "));
    const groups = points.filter((fields) => fields[fields.indexOf("-") + 1] === "cgroup2").map((fields) => fields[4] ?? "");
    const binds = bindSources(this.#dir).map(({ destination }) => destination).filter((destination) => points.some((fields) => fields[4] === destination));
    return [...groups, ...binds].map((destination, index) => ({ key: `cala${index}`, destination }));
  }
}

/** The binds of a container's present config, by destination. */
export function bindSources(dir: string): readonly { readonly destination: string; readonly source: string }[] {
  return (readRuntimeConfig(dir).mounts ?? []).flatMap(({ destination, source, type, options = [] }) =>
    source?.startsWith("/") === true && (type === "bind" || options.includes("bind") || options.includes("rbind")) ? [{ destination, source }] : []);
}

function linksOf(pid: number): { readonly fd: number; readonly link: string }[] {
  return namesIn(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      return [{ fd: Number(name), link: readlinkSync(`/proc/${pid}/fd/${name}`) }];
    } catch (error) {
      if (isErrno(error, "ENOENT")) return [];
      throw error;
    }
  });
}
