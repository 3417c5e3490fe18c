/** Keeps a launch that Node has decided as a template, from which the native launcher makes the next one of the same words by itself. */
import { lstatSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { isErrno } from "../../core/base/error.ts";
import { shortId } from "../../core/base/id.ts";
import { nameWords } from "../../core/container/random-name.ts";
import type { ContainerRecord } from "../../core/container/record.ts";
import { containerDir, launchTemplatesDir } from "../../core/dirs/paths.ts";
import type { Dirs } from "../../core/dirs/dirs.ts";
import { eventFileBytes } from "../../core/event/emit.ts";
import { writeAtomic } from "../../core/fs/write-atomic.ts";
import { attachArguments } from "../../core/monitor/become-attach.ts";
import { startsByPlanAlone, type AttachChoice } from "../../core/container/start.ts";
import { actionTypes, startFlags } from "./guard.ts";
import { encodeTemplate, guardRecord, numbers32, partsPayload, splitAtPlaces, type Places, type TemplateRecord } from "./template.ts";
import { currentTrace, type LaunchTrace, type Note } from "./trace.ts";

/** How the container is followed after its start. */
export type Following = "detached" | AttachChoice;

const entriesMaximum = 64;
const bytesMaximum = 1 << 20;
const templatesMaximum = 64;
const recordFile = "record.json";

/**
 * Ends the watch over this launch. Returns what writes its template, to be called when the monitor is on its way; undefined where nobody
 * asked for one, or the launch is unfit.
 */
export function draftLaunch(dirs: Dirs, record: ContainerRecord, following: Following): (() => void) | undefined {
  const trace = currentTrace();
  // The launcher hands its monitor no streams.
  if (record.request.logDriver?.startsWith("passthrough") === true) return undefined;
  if (trace === undefined || !trace.finish() || !startsByPlanAlone(record) || trace.own !== containerDir(dirs, record.id) || dirname(trace.path) !== launchTemplatesDir(dirs)) return undefined;
  // What is secret is in no file but its own; required containers are started by Node.
  if (record.request.secrets !== undefined || record.request.requires !== undefined) return undefined;
  const places = placesOf(record);
  const made = containerRecords(trace.own, places, record);
  if (made === undefined) return undefined;
  const records = [
    ...[...trace.guards.values()].map(guardRecord),
    [actionTypes.places, Buffer.from(`${dirs.data}\0${dirs.runtime}\0`)] as const,
    nameRecord(record), ...made, ...trace.notes.map((note) => noteRecord(note, places)), startRecord(record, following),
  ];
  return () => keep(trace, records);
}

/** A name that the user chose is part of the command line, and so of the template. */
function placesOf(record: ContainerRecord): Places {
  return { id: record.id, shortId: shortId(record.id), time: record.createdAt.slice(0, -1), ...(record.request.name === undefined ? { name: record.name } : {}) };
}

function nameRecord(record: ContainerRecord): TemplateRecord {
  if (record.request.name !== undefined) return [actionTypes.name, Buffer.from(record.name)];
  const { adjectives, surnames } = nameWords();
  return [actionTypes.names, Buffer.concat([numbers32(record.name.length), Buffer.from(`${adjectives.join(" ")}\0${surnames.join(" ")}`)])];
}

/** Files and directories, the record last; undefined where they are more than a launch should copy, or a name cannot be told from other words. */
function containerRecords(dir: string, places: Places, record: ContainerRecord): TemplateRecord[] | undefined {
  const paths = entriesBelow(dir).filter((path) => path !== "lock");
  if (paths.length > entriesMaximum || isNameAmbiguous(record)) return undefined;
  const last = (path: string): number => (path === recordFile ? 1 : 0);
  let total = 0;
  const records = paths.sort((left, right) => last(left) - last(right)).map((path): TemplateRecord | undefined => {
    const status = lstatSync(join(dir, path));
    const mode = status.mode & 0o7777;
    if (status.isDirectory()) return [actionTypes.directory, Buffer.concat([numbers32(mode), Buffer.from(path)])];
    total += status.size;
    if (!status.isFile() || total > bytesMaximum) return undefined;
    return [actionTypes.file, partsPayload(mode, path, splitAtPlaces(readFileSync(join(dir, path)), places))];
  });
  return records.every((each) => each !== undefined) ? records : undefined;
}

function entriesBelow(dir: string, prefix = ""): string[] {
  return readdirSync(join(dir, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    return entry.isDirectory() ? [path, ...entriesBelow(dir, path)] : [path];
  });
}

/** A name of our own making is looked for in texts; one that stands in them for other reasons would be replaced there, too. */
function isNameAmbiguous(record: ContainerRecord): boolean {
  if (record.request.name !== undefined) return false;
  const others = [JSON.stringify({ ...record, name: "" }), ...process.argv, readFileSync("/etc/hosts", "latin1")];
  return others.some((text) => text.includes(record.name));
}

function noteRecord({ path, text }: Note, places: Places): TemplateRecord {
  const preciseTime = /^\{"Time":"([^"]+)Z"/.exec(text)?.[1];
  return [actionTypes.append, partsPayload(eventFileBytes, path, splitAtPlaces(Buffer.from(text), { ...places, ...(preciseTime === undefined ? {} : { preciseTime }) }))];
}

function startRecord(record: ContainerRecord, following: Following): TemplateRecord {
  const isDetached = following === "detached";
  const streams = isDetached ? 0 : (following.stdout ? 1 : 0) | (following.stderr ? 2 : 0) | (following.stdin ? 4 : 0);
  const words = isDetached ? [] : attachArguments({ dir: "", tty: record.request.terminal, ...following }).slice(2);
  const flags = (isDetached ? startFlags.detached : 0) | (record.request.terminal ? startFlags.terminal : 0);
  return [actionTypes.start, Buffer.concat([numbers32(flags, streams), Buffer.from(words.map((word) => `${word}\0`).join(""))])];
}

/** A template that cannot be kept only makes the next start slower. */
function keep(trace: LaunchTrace, records: readonly TemplateRecord[]): void {
  try {
    writeAtomic(trace.path, encodeTemplate(records));
    removeOldest(dirname(trace.path));
  } catch (error) {
    if (!isErrno(error, "ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS", "ENOENT", "EIO")) throw error;
  }
}

function removeOldest(dir: string): void {
  const names = readdirSync(dir);
  if (names.length <= templatesMaximum) return;
  const byAge = names.map((name) => [statSync(join(dir, name), { throwIfNoEntry: false })?.mtimeMs ?? 0, join(dir, name)] as const).sort(([left], [right]) => left - right);
  for (const [, path] of byAge.slice(0, names.length - templatesMaximum / 2)) rmSync(path, { force: true });
}
