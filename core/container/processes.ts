/** The processes of a running container, as procfs shows them to the container's user namespace and to the host. */
import { readFileSync } from "node:fs";
import { present } from "../base/assert.ts";
import { CalaError } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import { errorOfWords, spawnInNamespace } from "../idmap/spawn-in-namespace.ts";
import { containerDir } from "../dirs/paths.ts";
import { wrongState } from "./errors.ts";
import { readLaunchFacts } from "./launch.ts";
import type { ContainerRecord } from "./record.ts";
import { isAlive, viewOf } from "./view.ts";

/** One process. */
export interface ContainerProcess {
  readonly hostPid: number;
  /** Inside the container. */
  readonly pid: number;
  readonly hostParent: number;
  /** Inside the container; 0 where the parent is outside. */
  readonly parent: number;
  readonly args: string;
  /** The fields of /proc/PID/stat from the third on: state is 0. */
  readonly stat: readonly string[];
  readonly command: string;
  /** The lines of /proc/PID/status, by name. */
  readonly status: Readonly<Record<string, string>>;
}

/** All processes and the names that the container gives to ids. */
export interface ProcessTable {
  readonly processes: readonly ContainerProcess[];
  readonly users: ReadonlyMap<string, string>;
  readonly groups: ReadonlyMap<string, string>;
}

interface RawProcess {
  readonly stat: string;
  readonly status: string;
  readonly cmdline: string;
}

/** Every process of a container, by pid. @throws CalaError `container-state-improper`, `processes-not-read` */
export async function containerProcesses(engine: Engine, record: ContainerRecord): Promise<ProcessTable> {
  const view = viewOf(engine.dirs, record);
  if (!isAlive(view)) throw wrongState(view, "list the processes of", { hint: `cala start ${record.name}` });
  const state = present(view.state, "a running container without state");
  const { child, ended, words } = spawnInNamespace(engine, ["cala-native", "processes", String(state.pid), String(state.pidStart)], "ignore");
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => { text += piece; });
  if (await ended !== 0) throw errorOfWords(words(), "processes-not-read", `cannot list the processes of container "${record.name}"`);
  const [first, ...lines] = text.trim().split("\n");
  const { passwd, group } = JSON.parse(first ?? "{}") as { passwd: string; group: string };
  const all = lines.map((line) => processOf(JSON.parse(line) as RawProcess));
  const raw = readLaunchFacts(containerDir(engine.dirs, record.id))?.translation === undefined ? all : all.filter(({ status }) => Number(status["TracerPid"]) === state.pid);
  const inside = new Map(raw.map((process) => [process.hostPid, process.pid]));
  const processes = raw.map((process) => ({ ...process, parent: inside.get(process.hostParent) ?? 0 })).sort((a, b) => a.pid - b.pid);
  return { processes, users: namesById(passwd), groups: namesById(group) };
}

function processOf({ stat, status, cmdline }: RawProcess): ContainerProcess {
  const close = stat.lastIndexOf(")");
  const command = stat.slice(stat.indexOf("(") + 1, close);
  const fields = stat.slice(close + 2).trim().split(" ");
  const lines = Object.fromEntries(status.split("\n").map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
  return {
    hostPid: Number.parseInt(stat, 10), pid: Number(lines["NSpid"]?.split(/\s+/).at(-1) ?? 0), hostParent: Number(fields[1]), parent: 0,
    args: cmdline === "" ? `[${command}]` : cmdline, stat: fields, command, status: lines,
  };
}

/** The third field of each line names the first. */
function namesById(text: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [name, , id] = line.split(":");
    if (name !== undefined && id !== undefined && !names.has(id)) names.set(id, name);
  }
  return names;
}

/** A status line as the host sees it, for owners there; empty when the process has ended. */
export function hostStatus(hostPid: number, name: string): string {
  try {
    return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(readFileSync(`/proc/${hostPid}/status`, "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}

/** @throws CalaError for descriptors that are none */
export function unknownDescriptor(name: string, known: readonly string[]): CalaError {
  return new CalaError("descriptor-unknown", `"${name}" is not a column of top`, { hint: `columns are ${known.join(", ")}; options of ps begin with a dash` });
}
