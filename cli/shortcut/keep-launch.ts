/** Keeps a launch that Node has decided as a template, from which the native launcher makes the next ones of such words by itself. */
import { lstatSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { shortId } from "../../core/base/id.ts";
import { nameWords } from "../../core/container/random-name.ts";
import type { ContainerRecord } from "../../core/container/record.ts";
import { containerDir, launchTemplatesDir } from "../../core/dirs/paths.ts";
import type { Dirs } from "../../core/dirs/dirs.ts";
import { eventFileBytes } from "../../core/event/emit.ts";
import { systemdPrograms } from "../../core/spec/systemd.ts";
import { attachArguments } from "../../core/monitor/become-attach.ts";
import { startsByPlanAlone, type AttachChoice } from "../../core/container/start.ts";
import { actionTypes, startFlags } from "./guard.ts";
import { commandMarks, markCommand, openingOf, tellsCommand, type Opening } from "./opening.ts";
import { storeShared } from "./store-template.ts";
import { guardRecord, numbers32, partsPayload, splitAtPlaces, type Places, type TemplateRecord } from "./template.ts";
import { currentTrace, type LaunchTrace, type Note } from "./trace.ts";

/** How the container is followed after its start. */
export type Following = "detached" | AttachChoice;

const entriesMaximum = 64;
const bytesMaximum = 1 << 20;
const recordFile = "record.json";
/** By the number of their plans. */
const planFiles = ["plan", "exec-plan"];

/**
 * Ends the watch over this launch. Returns what makes its template, to be called when the monitor is on its way; undefined where nobody
 * asked for one, or the launch is unfit.
 */
export function draftLaunch(dirs: Dirs, record: ContainerRecord, following: Following): (() => void) | undefined {
  const trace = currentTrace();
  // The launcher hands its monitor no streams.
  if (record.request.logDriver?.startsWith("passthrough") === true) return undefined;
  if (trace === undefined || !trace.finish() || !startsByPlanAlone(record) || trace.own !== containerDir(dirs, record.id) || dirname(trace.path) !== launchTemplatesDir(dirs)) return undefined;
  // Required containers are started by Node.
  if (record.request.requires !== undefined) return undefined;
  const entries = readEntries(trace);
  return entries === undefined ? undefined : () => {
    const draft = draftOf(trace, record, entries);
    const made = draft === undefined ? undefined : containerRecords(entries, draft);
    if (draft === undefined || made === undefined) return;
    storeShared(draft.path, [
      ...[...trace.guards.values()].map(guardRecord),
      [actionTypes.places, Buffer.from(`${dirs.data}\0${dirs.runtime}\0`)],
      openRecord(draft), nameRecord(record), ...made, ...trace.notes.map((note) => noteRecord(note, draft.places)), startRecord(record, following),
    ]);
  };
}

/** What lies in the container's directory before its start. */
interface Entry {
  readonly path: string;
  readonly mode: number;
  /** Undefined: a directory, or a copy. */
  readonly content: Buffer | undefined;
  /** The file that it is a copy of, whose bytes no template has: secrets are among them. */
  readonly source?: string;
}

/** The record last; undefined where they are more than a launch should copy. */
function readEntries({ own: dir = "", copies }: LaunchTrace): Entry[] | undefined {
  const paths = entriesBelow(dir).filter((path) => path !== "lock");
  if (paths.length > entriesMaximum) return undefined;
  const last = (path: string): number => (path === recordFile ? 1 : 0);
  let total = 0;
  const entries = paths.sort((left, right) => last(left) - last(right)).map((path): Entry | undefined => {
    const status = lstatSync(join(dir, path));
    const mode = status.mode & 0o7777, source = copies.get(join(dir, path));
    if (source !== undefined) return { path, mode, content: undefined, source };
    if (status.isDirectory()) return { path, mode, content: undefined };
    total += status.size;
    return !status.isFile() || total > bytesMaximum ? undefined : { path, mode, content: readFileSync(join(dir, path)) };
  });
  return entries.every((entry) => entry !== undefined) ? entries : undefined;
}

/** A template to be. */
interface Draft {
  readonly record: ContainerRecord;
  readonly path: string;
  readonly places: Places;
  /** Undefined: it serves its very words alone. */
  readonly opening: Opening | undefined;
}

/** Undefined where a name of our own making cannot be told from other words; one that the user chose then stays as it is. */
function draftOf(trace: LaunchTrace, record: ContainerRecord, entries: readonly Entry[]): Draft | undefined {
  const { name } = record.request;
  const isClear = isNameClear(trace, record, entries);
  if (name === undefined && !isClear) return undefined;
  const words = process.argv.slice(2);
  const opening = trace.openNames.length === words.length && isClear ? openingOf(words, record) : undefined;
  const path = join(dirname(trace.path), (opening === undefined ? undefined : trace.openNames[opening.fixed]) ?? basename(trace.path));
  const ids = { id: record.id, shortId: shortId(record.id), time: record.createdAt.slice(0, -1) };
  return { record, path, opening, places: name === undefined || opening !== undefined ? { ...ids, name: record.name } : ids };
}

function openRecord({ record, places, opening }: Draft): TemplateRecord {
  return [actionTypes.open, Buffer.concat([numbers32(opening?.flags ?? 0, opening?.kept ?? 0, opening?.fixed ?? 0), Buffer.from([places.name === undefined ? "" : record.name, ...systemdPrograms, ""].join("\0"))])];
}

function nameRecord(record: ContainerRecord): TemplateRecord {
  if (record.request.name !== undefined) return [actionTypes.name, Buffer.from(record.name)];
  const { adjectives, surnames } = nameWords();
  return [actionTypes.names, Buffer.from(`${adjectives.join(" ")}\0${surnames.join(" ")}`)];
}

/** Undefined where they say something of the command that is not known here. */
function containerRecords(entries: readonly Entry[], draft: Draft): TemplateRecord[] | undefined {
  const records = entries.map(({ path, mode, content, source }): TemplateRecord | undefined => (
    source !== undefined ? [actionTypes.copy, Buffer.from(`${path}\0${source}\0`)] : content === undefined ? [actionTypes.directory, Buffer.concat([numbers32(mode), Buffer.from(path)])] : fileRecord(mode, path, content, draft)
  ));
  return records.every((each) => each !== undefined) ? records : undefined;
}

/** What is open in a plan is put into its ops, whose lengths follow. */
function fileRecord(mode: number, path: string, content: Buffer, { record, places, opening }: Draft): TemplateRecord | undefined {
  if (planFiles.includes(path)) return [actionTypes.plans, partsPayload(mode, path, splitAtPlaces(content, { ...places, name: undefined }))];
  if (opening === undefined || !tellsCommand(path)) return [actionTypes.file, partsPayload(mode, path, splitAtPlaces(content, places))];
  const marks = commandMarks(record.id);
  const marked = markCommand(path, content.toString(), record, opening, marks);
  return marked === undefined ? undefined : [actionTypes.file, partsPayload(mode, path, splitAtPlaces(Buffer.from(marked), { ...places, ...marks }))];
}

function entriesBelow(dir: string, prefix = ""): string[] {
  return readdirSync(join(dir, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    return entry.isDirectory() ? [path, ...entriesBelow(dir, path)] : [path];
  });
}

/** Whether a name that is found in the container's files is the container's name: one that stands in them for other reasons would be replaced there, too. */
function isNameClear(trace: LaunchTrace, record: ContainerRecord, entries: readonly Entry[]): boolean {
  const { name, request } = record;
  const withoutName = (words: readonly string[]): string[] => words.filter((word, index) => !(word === name && words[index - 1] === "--name") && word !== `--name=${name}`);
  const others = [JSON.stringify({ ...record, name: "", request: { ...request, name: "", createCommand: withoutName(request.createCommand) } }), ...withoutName(process.argv), readFileSync("/etc/hosts", "latin1"), ...[...trace.guards.values()].map(({ path }) => path)];
  // Once in each plan at most: in what its events say.
  const isRare = planFiles.every((file, index) => (entries.find(({ path }) => path === file)?.content?.toString("latin1").split(name).length ?? 1) - 1 <= index + 1);
  return isRare && !others.some((text) => text.includes(name));
}

/** A line that is added to a file elsewhere. */
export function noteRecord({ path, text }: Note, places: Places): TemplateRecord {
  const preciseTime = /^\{"Time":"([^"]+)Z"/.exec(text)?.[1];
  return [actionTypes.append, partsPayload(eventFileBytes, path, splitAtPlaces(Buffer.from(text), { ...places, ...(preciseTime === undefined ? {} : { preciseTime }) }))];
}

/** How the container is started and followed. */
export function startRecord(record: ContainerRecord, following: Following): TemplateRecord {
  const isDetached = following === "detached";
  const streams = isDetached ? 0 : (following.stdout ? 1 : 0) | (following.stderr ? 2 : 0) | (following.stdin ? 4 : 0);
  const words = isDetached ? [] : attachArguments({ dir: "", tty: record.request.terminal, ...following }).slice(2);
  const flags = (isDetached ? startFlags.detached : 0) | (record.request.terminal ? startFlags.terminal : 0);
  return [actionTypes.start, Buffer.concat([numbers32(flags, streams), Buffer.from(words.map((word) => `${word}\0`).join(""))])];
}
