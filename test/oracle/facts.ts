/** What a container's process sees and may do, as flat facts that can be laid side by side. */
import { readlinkSync } from "node:fs";
import type { Payload } from "../e2e/harness/suite.ts";

/** One line per fact: name and value. */
export type Facts = ReadonlyMap<string, string>;

/** What test/fixtures/probe.c prints. */
export interface Probe extends Readonly<Record<string, unknown>> {
  readonly paths: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, string>>;
  readonly networkDevices: Readonly<Record<string, string>>;
}

/** What `probe syscalls` prints: the answer to each number. */
export interface SyscallProbe {
  readonly native: readonly string[];
  readonly narrow: readonly string[];
}

/** Measurements of a moment, which no two runs have in common. */
const measured = /^(Name|State|Vm\w*|Rss\w*|SigQ|FDSize|\w*ctxt_switches|HugetlbPages|untag_mask|CoreDumping|Threads|Groups|NS\w+|Pid|Tgid|PPid)$/;

/** The replacements that make two runs comparable: ids and directories of each become the same words. */
export interface Names {
  readonly [text: string]: string;
}

/** The facts of both programs. */
export function factsOf(payload: Payload, probe: Probe, syscalls: SyscallProbe, names: Names): Facts {
  const facts = new Map<string, string>();
  const put = (name: string, value: unknown): void => void facts.set(name, renamed(typeof value === "string" ? value : JSON.stringify(value), names));
  putPayload(payload, put);
  for (const mount of payload.mounts.map(parseMount)) putMount(mount, put);
  for (const [name, value] of Object.entries(probe)) if (typeof value !== "object" && name !== "sessionKeyringId") put(`process ${name}`, value);
  for (const [path, value] of Object.entries(probe.paths)) put(`path ${path}`, value);
  for (const [path, value] of Object.entries(probe.devices)) put(`device ${path}`, value);
  for (const [name, value] of Object.entries(probe.networkDevices)) put(`network device ${name}`, value);
  syscalls.native.forEach((answer, number) => put(`syscall ${number}`, answer));
  syscalls.narrow.forEach((answer, number) => put(`narrow syscall ${number}`, answer));
  return facts;
}

function putPayload(payload: Payload, put: (name: string, value: unknown) => void): void {
  for (const key of ["pid", "ppid", "pgid", "sid", "uid", "gid", "groups", "args", "cwd", "hostname", "uidMap", "noNewPrivileges", "umask", "isTerminal", "rows", "columns"] as const) {
    put(key, payload[key]);
  }
  for (const entry of payload.env) put(`env ${entry.slice(0, entry.indexOf("="))}`, entry.slice(entry.indexOf("=") + 1));
  for (const [name, value] of Object.entries(payload.status)) if (!measured.test(name)) put(`status ${name}`, value);
  for (const [name, value] of Object.entries(payload.limits)) put(`limit ${name}`, value);
  for (const [name, value] of Object.entries(payload.namespaces)) put(`namespace ${name}`, value === ownNamespace(name) ? "the host's" : "its own");
  // What is behind a descriptor is the caller's choice; which there are is not.
  put("descriptors", Object.keys(payload.fds).sort());
}

function ownNamespace(name: string): string {
  return readlinkSync(`/proc/self/ns/${name}`);
}

interface Mount {
  readonly id: string;
  readonly root: string;
  readonly place: string;
  readonly options: readonly string[];
  readonly propagation: string;
  readonly type: string;
  readonly data: readonly string[];
}

/** A line of mountinfo; see proc_pid_mountinfo(5). */
function parseMount(line: string): Mount {
  const [front = "", back = ""] = line.split(" - ");
  const [id = "", , , root = "", place = "", options = "", ...optional] = front.split(" ");
  const [type = "", , data = ""] = back.split(" ");
  return { id, root, place, options: options.split(",").sort(), propagation: optional.join(" ").replace(/\d+/g, "N"), type, data: data.split(",").sort() };
}

/** Layers, the directories of one's own and the name that the kernel gives an overlay whose directories were new are what they are; their options are compared. */
const ownPlaces = /^(lowerdir\+?|upperdir|workdir|uuid)=/;

/** Where an engine keeps the files that it makes for a container. */
const keptFile = /^.*\/(?:userdata\/|etc\/)(?=\.?(?:hosts|hostname|resolv\.conf|containerenv)$)\.?/;
/** The same of volumes. */
const keptVolume = /^.*\/volumes\/([^/]+)\/_?data$/;

function putMount(mount: Mount, put: (name: string, value: unknown) => void): void {
  put(`mount ${mount.place} type`, `${mount.type} ${mount.type === "overlay" ? "" : mount.root.replace(keptFile, "KEPT/").replace(keptVolume, "KEPT/$1")}`.trim());
  put(`mount ${mount.place} options`, mount.options.join(","));
  put(`mount ${mount.place} propagation`, mount.propagation);
  put(`mount ${mount.place} data`, mount.data.filter((option) => !ownPlaces.test(option)).join(","));
}

function renamed(value: string, names: Names): string {
  return Object.entries(names).sort(([one], [other]) => other.length - one.length).reduce((text, [from, to]) => text.replaceAll(from, to), value).replace(/;[0-9a-f]{64}$/, ";ID");
}

/** A fact that two sides disagree on; undefined: that side does not have it. */
export interface Difference {
  readonly fact: string;
  readonly left: string | undefined;
  readonly right: string | undefined;
}

/** Everything the two do not have in common, by name. */
export function differences(left: Facts, right: Facts): Difference[] {
  const names = [...new Set([...left.keys(), ...right.keys()])].sort();
  return names.filter((name) => left.get(name) !== right.get(name)).map((fact) => ({ fact, left: left.get(fact), right: right.get(fact) }));
}
