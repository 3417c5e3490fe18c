/** Puts itself before the functions of node:fs: reads become guards, writes beyond the container's directory make a launch unfit. */
import fs, { type PathLike, type Stats } from "node:fs";
import { guardTypes } from "./guard.ts";
import type { LaunchTrace } from "./trace.ts";

type Call = (...values: readonly unknown[]) => unknown;
type Functions = Record<string, Call>;

const containerPath = /\/containers\/[0-9a-f]{64}$/;
/** What the name of a template covers (native/launch-key.c), and what differs from one process to the next. */
const covered = /^\/proc\/(self\/(status|limits|uid_map|gid_map)|sys\/kernel\/random\/boot_id)$|^\/dev\/(urandom|null)$/;
const unsteadyRoutes = "/proc/net/ipv6_route";
const harmless = /^(readSync|readvSync|fstatSync|fsyncSync|fdatasyncSync|_?toUnixTimestamp|[A-Z].*)$/;
/** All their paths must be the container's own. */
const changing = ["renameSync", "rmSync", "rmdirSync", "unlinkSync", "chmodSync", "lchownSync", "chownSync", "utimesSync", "writeFileSync", "appendFileSync", "truncateSync", "mkdtempSync", "linkSync"];

const isKernels = (path: string): boolean => path.startsWith("/proc/") || path.startsWith("/sys/");
const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

/** Watches every synchronous function; those with callbacks make a launch unfit. */
export function watchFiles(trace: LaunchTrace): void {
  const functions = fs as unknown as Functions;
  // Not by name alone: what is behind a getter (promises, streams) is loaded when it is asked for, and then noticed by `finish`.
  const real: Functions = Object.fromEntries(Object.entries(Object.getOwnPropertyDescriptors(functions)).flatMap(([name, { value }]) => (typeof value === "function" ? [[name, value as Call]] : [])));
  const replacements: Functions = { ...reading(trace, real), ...writing(trace, real) };
  for (const [name, original] of Object.entries(real)) {
    if (harmless.test(name)) continue;
    const replacement = replacements[name] ?? ((...values) => { trace.unfit(`fs.${name} was called`); return original(...values); });
    functions[name] = Object.assign(outermost(trace, replacement, original), original);
  }
  const { native } = real["realpathSync"] as unknown as { native: Call };
  Object.assign(functions["realpathSync"] as object, { native: outermost(trace, (...values) => realPath(trace, native, values), native) });
}

let isInside = false;

/** Node's functions call each other by the names that we have taken. */
function outermost(trace: LaunchTrace, replacement: Call, original: Call): Call {
  return (...values) => {
    if (!trace.active || isInside) return original(...values);
    isInside = true;
    try {
      return replacement(...values);
    } finally {
      isInside = false;
    }
  };
}

/** The path of a call as text; undefined: nothing to note, for it is the container's own, covered, or a descriptor. */
function notable(trace: LaunchTrace, path: unknown): string | undefined {
  if (typeof path === "number" || trace.isOwn(path)) return undefined;
  const given = typeof path === "string" ? path : String(path as PathLike);
  if (covered.test(given)) return undefined;
  const text = given.startsWith("/") ? given : `${process.cwd()}/${given}`;
  if (/^\/proc\/\d/.test(text)) trace.unfit("another process was looked at");
  return text;
}

/** Runs a call; what it throws is noted as a missing file, or makes the launch unfit. */
function attempt<T>(trace: LaunchTrace, path: string | undefined, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (path !== undefined && isMissing(error)) trace.guard({ type: guardTypes.absent, path });
    else if (path !== undefined) trace.unfit(`"${path}" could not be read`);
    throw error;
  }
}

/** Runs a call and notes its result; undefined: it threw. */
function noting(call: () => unknown, note: (result: unknown) => void): unknown {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    note(undefined);
    throw error;
  }
  note(result);
  return result;
}

function realPath(trace: LaunchTrace, call: Call, values: readonly unknown[]): unknown {
  const path = notable(trace, values[0]);
  return noting(() => call(...values), (found = "") => { if (path !== undefined) trace.guard({ type: guardTypes.real, path, content: Buffer.from(String(found)) }); });
}

function reading(trace: LaunchTrace, real: Functions): Functions {
  const granted = (name: "existsSync" | "accessSync"): Call => (...values) => {
    const path = notable(trace, values[0]);
    const words = (is: boolean): readonly number[] => [Number(values[1] ?? 0), is ? 1 : 0];
    // accessSync says nothing when it succeeds.
    const call = (): unknown => { const result = real[name]?.(...values); return name === "accessSync" ? true : result; };
    return noting(call, (result) => { if (path !== undefined) trace.guard({ type: guardTypes.access, path, words: words(result === true) }); });
  };
  const examined = (name: "statSync" | "lstatSync"): Call => (...values) => {
    const path = notable(trace, values[0]);
    const found = attempt(trace, path, () => real[name]?.(...values)) as Stats | undefined;
    if (path === undefined) return found;
    if (found === undefined) trace.guard({ type: guardTypes.absent, path });
    else trace.status(path, real[name]?.(path) as Stats, { link: name === "lstatSync" });
    return found;
  };
  return {
    existsSync: granted("existsSync"),
    accessSync: granted("accessSync"),
    statSync: examined("statSync"),
    lstatSync: examined("lstatSync"),
    realpathSync: (...values) => realPath(trace, real["realpathSync"] as Call, values),
    readFileSync: (...values) => {
      const path = notable(trace, values[0]);
      const content = attempt(trace, path, () => real["readFileSync"]?.(...values));
      if (path === unsteadyRoutes) trace.guard({ type: guardTypes.routes, path, content: Buffer.from(withoutCounters(String(content))) });
      else if (path !== undefined && isKernels(path)) trace.guard({ type: guardTypes.content, path, content: Buffer.from(content as string) });
      else if (path !== undefined) trace.status(path, real["statSync"]?.(path) as Stats);
      return content;
    },
    readdirSync: (...values) => {
      const path = notable(trace, values[0]);
      const names = attempt(trace, path, () => real["readdirSync"]?.(...values));
      if (path !== undefined && isKernels(path)) trace.unfit(`"${path}" was listed`);
      else if (path !== undefined) trace.status(path, real["statSync"]?.(path) as Stats, { listed: true });
      return names;
    },
    readlinkSync: (...values) => {
      const path = notable(trace, values[0]);
      if (path !== undefined && isKernels(path)) trace.unfit(`"${path}" was followed`);
      return noting(() => real["readlinkSync"]?.(...values), (target = "") => { if (path !== undefined) trace.guard({ type: guardTypes.link, path, content: Buffer.from(String(target)) }); });
    },
    statfsSync: (...values) => {
      const path = notable(trace, values[0]);
      const typeOf = (found: unknown): bigint => (found === undefined ? 0n : BigInt((found as { readonly type: number | bigint }).type));
      return noting(() => real["statfsSync"]?.(...values), (found) => { if (path !== undefined) trace.guard({ type: guardTypes.system, path, numbers: [typeOf(found)] }); });
    },
  };
}

/** Without reference and packet counts, which are columns 7 and 8, and without blanks; as native/launch-guards.c. */
export function withoutCounters(text: string): string {
  return text.split("\n").map((line) => line.split(" ").filter((word) => word !== "").filter((_, index) => index !== 6 && index !== 7).join("")).join("\n");
}

function writing(trace: LaunchTrace, real: Functions): Functions {
  const appended = new Map<number, string>();
  const own = new Set<number>();
  const open: Call = (...values) => {
    const [given, flags = "r"] = values;
    const path = notable(trace, given);
    if (path === undefined || flags === "r") {
      if (path !== undefined && isKernels(path)) trace.unfit(`"${path}" was opened`);
      const fd = attempt(trace, path, () => real["openSync"]?.(...values)) as number;
      if (path !== undefined) trace.status(path, real["fstatSync"]?.(fd) as Stats);
      else if (trace.isOwn(given)) own.add(fd);
      return fd;
    }
    if (flags !== "a" || real["existsSync"]?.(path) !== true) trace.unfit(`"${path}" was written`);
    const fd = real["openSync"]?.(...values) as number;
    appended.set(fd, path);
    return fd;
  };
  return {
    openSync: open,
    closeSync: (fd) => { appended.delete(fd as number); own.delete(fd as number); return real["closeSync"]?.(fd); },
    writeSync: (...values) => {
      const [fd, text] = values as [number, unknown];
      const path = appended.get(fd);
      if (path !== undefined && typeof text === "string") { if (trace.active) trace.notes.push({ path, text }); }
      else if ((fd === 1 || fd === 2) && text instanceof Uint8Array && (values[2] ?? 0) === 0) trace.said.push({ descriptor: fd, bytes: text });
      else if (!own.has(fd)) trace.unfit("something was written");
      return real["writeSync"]?.(...values);
    },
    mkdirSync: (...values) => {
      const path = notable(trace, values[0]);
      const made = real["mkdirSync"]?.(...values) as string | undefined;
      if (path === undefined) return made;
      const recursive = (values[1] as { readonly recursive?: boolean } | undefined)?.recursive === true;
      if (recursive && made === undefined) trace.status(path, real["statSync"]?.(path) as Stats);
      else if (containerPath.test(path) && trace.own === undefined && (made === path || !recursive)) trace.own = path;
      else trace.unfit(`"${path}" was made`);
      return made;
    },
    symlinkSync: (target, path, ...rest) => {
      if (trace.own === undefined || !/\/names\/[^/]+$/.test(String(path)) || !trace.own.endsWith(`/${String(target)}`)) trace.unfit(`"${String(path)}" was made`);
      return real["symlinkSync"]?.(target, path, ...rest);
    },
    copyFileSync: (from, to, ...rest) => {
      if (typeof from !== "string" || typeof to !== "string" || !trace.isOwn(to)) trace.unfit(`"${String(to)}" was written`);
      else trace.copies.set(to, from);
      return real["copyFileSync"]?.(from, to, ...rest);
    },
    ...Object.fromEntries(changing.map((name): [string, Call] => [name, (...values) => {
      if (!values.filter((value) => typeof value === "string" && value.startsWith("/")).every((value) => trace.isOwn(value))) trace.unfit(`fs.${name} changed something`);
      return real[name]?.(...values);
    }])),
  };
}
