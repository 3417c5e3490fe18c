/** `--mount type=TYPE,KEY=VALUE,…` in all of docker's and podman's spellings. */
import { resolve } from "node:path";
import { CalaError } from "../../base/error.ts";
import { parseBytes } from "../../base/bytes.ts";
import { checkMountOptions, propagations, type MountKind } from "../mount-options.ts";
import { cleanTarget } from "../mounts.ts";
import type { MountRequest } from "../request.ts";

const kinds: readonly MountKind[] = ["bind", "volume", "tmpfs", "ramfs", "image", "glob", "devpts"];
/** Keys with a yes/no value, and the word that each value stands for. */
const switches: Readonly<Record<string, readonly [yes: string, no: string]>> = {
  readonly: ["ro", "rw"], ro: ["ro", "rw"], rw: ["rw", "ro"], readwrite: ["rw", "ro"], "no-dereference": ["no-dereference", ""], "volume-nocopy": ["nocopy", "copy"], nocopy: ["nocopy", "copy"],
  exec: ["exec", "noexec"], noexec: ["noexec", "exec"], suid: ["suid", "nosuid"], nosuid: ["nosuid", "suid"], dev: ["dev", "nodev"], nodev: ["nodev", "dev"],
  "bind-nonrecursive": ["bind", "rbind"], tmpcopyup: ["tmpcopyup", "notmpcopyup"], notmpcopyup: ["notmpcopyup", "tmpcopyup"],
  U: ["U", ""], chown: ["U", ""], idmap: ["idmap", ""], z: ["z", ""], Z: ["Z", ""], copy: ["copy", "nocopy"],
};
const renamed: Readonly<Record<string, string>> = { "tmpfs-size": "size", "tmpfs-mode": "mode" };
const plainValues = ["size", "mode", "uid", "gid", "max", "ptmxmode"];

interface Parts {
  kind: MountKind;
  source?: string;
  target?: string;
  createSource: boolean;
  subpath?: string;
  readonly options: string[];
}

/** @throws CalaError `mount-invalid` and those of mount options */
export function parseMount(text: string, cwd: string): MountRequest {
  const parts: Parts = { kind: "volume", createSource: false, options: [] };
  for (const field of splitFields(text)) takeField(parts, field, text);
  // Without a destination each file of a pattern is mounted at its own path.
  if (parts.target === undefined && parts.kind === "glob") parts.target = "/";
  if (parts.target === undefined) throw invalid(text, "must set volume destination");
  const options = checkedOptions(parts);
  return buildMount(parts, parts.kind === "glob" && parts.target === "/" ? "/" : cleanTarget(parts.target), options, text, cwd);
}

function takeField(parts: Parts, field: string, text: string): void {
  const equals = field.indexOf("=");
  const key = equals < 0 ? field : field.slice(0, equals);
  const value = equals < 0 ? undefined : field.slice(equals + 1);
  if (key === "type") parts.kind = kindOf(value ?? "", text);
  else if (["source", "src"].includes(key)) parts.source = needed(key, value, text);
  else if (["target", "destination", "dst", "dest"].includes(key)) parts.target = needed(key, value, text);
  else if (["subpath", "volume-subpath", "image-subpath"].includes(key)) parts.subpath = needed(key, value, text);
  else if (["bind-propagation", "propagation"].includes(key)) parts.options.push(propagationOf(key, needed(key, value, text), text));
  else if (key === "relabel") parts.options.push(relabel(needed(key, value, text), text));
  else if (key === "consistency") needed(key, value, text);
  else if (key === "bind-create-src" || key === "create-src") parts.createSource = yes(value, text);
  else if (switches[key] !== undefined) parts.options.push(...switchWord(key, value, text));
  else if (value === undefined) parts.options.push(key);
  else takeValue(parts, key, value, text);
}

function takeValue(parts: Parts, key: string, value: string, text: string): void {
  const name = renamed[key] ?? key;
  if (!plainValues.includes(name)) throw invalid(text, `"${key}": invalid mount option`);
  parts.options.push(name === "size" && !value.endsWith("%") ? `size=${parseBytes(value)}` : `${name}=${value}`);
}

function buildMount(parts: Parts, target: string, options: readonly string[], text: string, cwd: string): MountRequest {
  const { kind, source } = parts;
  const subpath = parts.subpath === undefined ? {} : { subpath: parts.subpath };
  if (parts.subpath !== undefined && kind !== "volume" && kind !== "image") throw invalid(text, `"subpath" is not allowed for a ${kind} mount`);
  if (kind === "tmpfs" || kind === "devpts" || kind === "ramfs") {
    if (source !== undefined) throw invalid(text, `"source" is not allowed for a ${kind} mount`);
    return { kind, target, options };
  }
  if (kind === "volume") {
    const copyUp = !options.includes("nocopy") && parts.subpath === undefined;
    const rest = options.filter((word) => word !== "copy" && word !== "nocopy");
    return { kind, target, options: rest, copyUp, ...(source === undefined || source === "" ? {} : { name: source }), ...subpath };
  }
  if (source === undefined || source === "") throw invalid(text, `must set source for a ${kind} mount`);
  if (kind === "image") return { kind, source, target, options, ...subpath };
  if (kind === "glob") return { kind, source: resolve(cwd, source), target, options };
  return { kind, source: resolve(cwd, source), target, options, createSource: parts.createSource };
}

function checkedOptions(parts: Parts): string[] {
  const options = parts.options.filter((word) => word !== "");
  checkMountOptions(parts.kind, options);
  return options;
}

function kindOf(value: string, text: string): MountKind {
  const kind = kinds.find((known) => known === value);
  if (kind === undefined) throw invalid(text, `invalid filesystem type "${value}"`);
  return kind;
}

/** Its value is one of the kernel's words and never another option of the mount (CVE-2024-9407). */
function propagationOf(key: string, value: string, text: string): string {
  if (propagations.includes(value)) return value;
  throw invalid(text, `"${value}" is no ${key}: there are ${propagations.join(", ")}`);
}

function relabel(value: string, text: string): string {
  if (value === "private") return "Z";
  if (value === "shared") return "z";
  throw invalid(text, `"${value}" is no relabel: there are shared and private`);
}

function switchWord(key: string, value: string | undefined, text: string): string[] {
  const [on, off] = switches[key] ?? ["", ""];
  // A mapping of its own keeps its form, so that the check refuses it.
  if (key === "idmap" && value !== undefined && /[ug]ids=/.test(value)) return [`idmap=${value}`];
  return [yes(value, text) ? on : off];
}

function yes(value: string | undefined, text: string): boolean {
  if (value === undefined || /^(true|1|t)$/i.test(value)) return true;
  if (/^(false|0|f)$/i.test(value)) return false;
  throw invalid(text, `"${value}" is not true or false`);
}

function needed(key: string, value: string | undefined, text: string): string {
  if (value === undefined || value === "") throw invalid(text, `"${key}" needs a value`);
  return value;
}

/** Comma-separated as in CSV: a field may stand in double quotes, and a doubled quote is one. */
function splitFields(text: string): string[] {
  const fields = [...text.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((match) => match[1] ?? "");
  return fields.filter((field) => field !== "").map((field) => (field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field));
}

function invalid(text: string, reason: string): CalaError {
  return new CalaError("mount-invalid", `invalid mount "${text}": ${reason}`, { hint: "write --mount type=bind,source=DIR,target=DIR" });
}
