/** The columns of `top`, in podman's words (podman-top(1)) and formats. */
import { readFileSync } from "node:fs";
import { clock } from "../base/clock.ts";
import { capabilityNames } from "../plan/capabilities.ts";
import { allCapabilities } from "../security/capabilities.ts";
import { hostStatus, unknownDescriptor, type ContainerProcess, type ProcessTable } from "./processes.ts";

interface Column {
  readonly heading: string;
  readonly value: (process: ContainerProcess, table: ProcessTable) => string;
}

/** Clock ticks of procfs; the same on every Linux. */
const ticksPerSecond = 100;

const column = (heading: string, value: Column["value"]): Column => ({ heading, value });
const words = (text: string | undefined): string[] => (text ?? "").split(/\s+/).filter((word) => word !== "");
const id = (process: ContainerProcess, line: string, index: number): string => words(process.status[line])[index] ?? "";
const user = (index: number): Column["value"] => (process, table) => table.users.get(id(process, "Uid", index)) ?? id(process, "Uid", index);
const group = (index: number): Column["value"] => (process, table) => table.groups.get(id(process, "Gid", index)) ?? id(process, "Gid", index);
const field = (index: number): Column["value"] => (process) => process.stat[index] ?? "";
const ticks = (process: ContainerProcess): number => (Number(process.stat[11]) + Number(process.stat[12])) / ticksPerSecond;
const elapsed = (process: ContainerProcess): number => Math.max(0, uptime() - Number(process.stat[19]) / ticksPerSecond);
const capabilities = (name: string): Column["value"] => (process) => capabilityWords(process.status[name] ?? "0");

/** The columns by name. */
const columns: Readonly<Record<string, Column>> = {
  args: column("COMMAND", (process) => process.args),
  capamb: column("AMBIENT CAPS", capabilities("CapAmb")),
  capbnd: column("BOUNDING CAPS", capabilities("CapBnd")),
  capeff: column("EFFECTIVE CAPS", capabilities("CapEff")),
  capinh: column("INHERITED CAPS", capabilities("CapInh")),
  capprm: column("PERMITTED CAPS", capabilities("CapPrm")),
  comm: column("COMMAND", (process) => process.command),
  etime: column("ELAPSED", (process) => goDuration(elapsed(process))),
  group: column("GROUP", group(1)),
  groups: column("GROUPS", (process, table) => words(process.status["Groups"]).map((gid) => table.groups.get(gid) ?? gid).join(",")),
  hgroup: column("HGROUP", (process) => words(hostStatus(process.hostPid, "Gid"))[1] ?? "?"),
  hgroups: column("HGROUPS", (process) => words(hostStatus(process.hostPid, "Groups")).join(",")),
  hpid: column("HPID", (process) => String(process.hostPid)),
  huser: column("HUSER", (process) => words(hostStatus(process.hostPid, "Uid"))[1] ?? "?"),
  label: column("LABEL", () => "?"),
  nice: column("NI", field(16)),
  pcpu: column("%CPU", (process) => (elapsed(process) === 0 ? 0 : ticks(process) / elapsed(process) * 100).toFixed(3)),
  pgid: column("PGID", (process) => words(process.status["NSpgid"]).at(-1) ?? ""),
  pid: column("PID", (process) => String(process.pid)),
  ppid: column("PPID", (process) => String(process.parent)),
  rgroup: column("RGROUP", group(0)),
  rss: column("RSS", (process) => (process.status["VmRSS"] ?? "0").replace(/ kB$/, "")),
  ruser: column("RUSER", user(0)),
  seccomp: column("SECCOMP", (process) => ["disabled", "strict", "filter"][Number(process.status["Seccomp"] ?? "0")] ?? "?"),
  state: column("STATE", field(0)),
  stime: column("STIME", (process) => new Date(clock.nowMs() - elapsed(process) * 1000).toISOString().slice(11, 19)),
  time: column("TIME", (process) => goDuration(ticks(process))),
  tty: column("TTY", (process) => terminal(Number(process.stat[4]))),
  user: column("USER", user(1)),
  vsz: column("VSZ", (process) => String(Math.round(Number(process.stat[20]) / 1024))),
};

const codes: Readonly<Record<string, string>> = {
  "%C": "pcpu", "%G": "group", "%P": "ppid", "%U": "user", "%a": "args", "%c": "comm", "%g": "rgroup", "%n": "nice", "%p": "pid", "%r": "pgid",
  "%t": "etime", "%u": "ruser", "%x": "time", "%y": "tty", "%z": "vsz",
};

/** What podman shows without being asked. */
export const defaultDescriptors: readonly string[] = ["user", "pid", "ppid", "pcpu", "etime", "tty", "time", "args"];
/** All names of columns. */
export const descriptors: readonly string[] = Object.keys(columns);

/** Headings and rows for the descriptors, which may be names or ps's codes (`%p`). @throws CalaError `descriptor-unknown` */
export function topRows(table: ProcessTable, names: readonly string[]): { readonly headings: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const chosen = names.map((name) => {
    const key = codes[name] ?? name.toLowerCase();
    const found = Object.hasOwn(columns, key) ? columns[key] : undefined;
    if (found === undefined) throw unknownDescriptor(name, descriptors);
    return found;
  });
  return { headings: chosen.map(({ heading }) => heading), rows: table.processes.map((process) => chosen.map(({ value }) => value(process, table))) };
}

function uptime(): number {
  return Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
}

/** As Go prints durations: `1h2m3.456s`. */
function goDuration(seconds: number): string {
  if (seconds === 0) return "0s";
  const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  return hours > 0 ? `${hours}h${minutes}m${rest}` : minutes > 0 ? `${minutes}m${rest}` : rest;
}

/** The kernel's numbers of terminals: pseudo terminals have the majors from 136 on, virtual consoles have 4. */
function terminal(device: number): string {
  const major = device >> 8 & 0xfff, minor = device & 0xff | device >> 12 & 0xfff00;
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`;
  return major === 4 ? `tty${minor}` : "?";
}

function capabilityWords(hex: string): string {
  const names = capabilityNames(BigInt(`0x${hex.trim()}`)).map((name) => name.slice("CAP_".length));
  return names.length === allCapabilities.length ? "full" : names.length === 0 ? "none" : names.join(",");
}
