/**
 * What a `run` looks at while it decides. The launcher asks for it (CALA_LAUNCH_TEMPLATE) when it knows no template for the words: whatever
 * is read of files, environment and host becomes a guard, and whatever is done beyond the container's own directory, or cannot be noted,
 * makes the launch unfit for a template. See native/launch-template.h.
 */
import fs, { type Stats } from "node:fs";
import os from "node:os";
import { boundFunctions } from "../../core/sys/koffi.ts";
import { guardTypes, statusFlags, type Guard } from "./guard.ts";
import { watchFiles } from "./watch-files.ts";

/** A line that was added to a file beyond the container's directory. */
export interface Note {
  readonly path: string;
  readonly text: string;
}

/** Words that were said to the user. */
export interface Said {
  readonly descriptor: number;
  readonly bytes: Uint8Array;
}

/** Loading one of these means that a process, a socket, a thread or an asynchronous file was wanted, whose outcome no guard can tell. */
const farModules = /^NativeModule (internal\/fs\/(promises|streams)|child_process|net|dgram|dns|http|https|http2|tls|worker_threads|inspector|cluster)$/;
const askingModules = /^NativeModule (net|dns|http)$/;
/** Native functions that a launch may call before its template is made. */
const knownFunctions = /\b(flock|getxattr|isatty)\(/;
const unsteadyFacts = ["cpus", "totalmem", "freemem", "loadavg", "uptime", "availableParallelism"] as const;
/** A file that changed so shortly ago may change again without its times telling (the kernel's clock for them ticks in milliseconds). */
const settledMs = 50;

/** What has been noted of one launch. */
export class LaunchTrace {
  /** Of a template for these very words. */
  readonly path: string;
  /** Names of templates that leave words open, by the number of those that stay. */
  readonly openNames: readonly string[];
  readonly guards = new Map<string, Guard>();
  readonly notes: Note[] = [];
  /** Files of the container's that are copies, by their paths: their bytes are nobody's but theirs. */
  readonly copies = new Map<string, string>();
  /** The directory of the container that this process has made. */
  own: string | undefined;
  /** Why there will be no template. */
  reason: string | undefined;
  active = true;
  /** What was written to standard output and error. */
  readonly said: Said[] = [];

  constructor(path: string, openNames: readonly string[]) {
    this.path = path;
    this.openNames = openNames;
  }

  unfit(reason: string): void {
    if (this.active) this.reason ??= reason;
  }

  guard(guard: Guard): void {
    if (this.active) this.guards.set(`${guard.type} ${guard.path}`, guard);
  }

  /** Of what lies at a path; sizes and times count for files, and for directories that were listed. */
  status(path: string, found: Stats, { link = false, listed = false } = {}): void {
    const counts = found.isFile() || listed;
    if (counts && Math.max(found.ctimeMs, found.mtimeMs) > Date.now() - settledMs) this.unfit(`"${path}" has just changed`);
    const flags = (link ? statusFlags.link : 0) | (counts ? 0 : statusFlags.lasting);
    const known = this.guards.get(`${guardTypes.file} ${path}`);
    if (known?.numbers !== undefined && (Number(known.numbers[0]) & statusFlags.lasting) === 0 && !counts) return;
    this.guard(statusGuard(path, flags));
  }

  /** Whether a path lies in the container's own directory. */
  isOwn(path: unknown): boolean {
    return this.own !== undefined && typeof path === "string" && (path === this.own || path.startsWith(`${this.own}/`));
  }

  /**
   * Ends the watch. True where everything that decided is guarded.
   * @param asking it may speak, and have asked a question over HTTP, whose answer the caller knows
   */
  finish({ asking = false } = {}): boolean {
    const known = (name: string): boolean => loadedBefore.has(name) || (asking && askingModules.test(name));
    const loaded = (process as unknown as { readonly moduleLoadList: readonly string[] }).moduleLoadList.find((name) => farModules.test(name) && !known(name));
    if (!asking && this.said.length > 0) this.unfit("something was said");
    if (loaded !== undefined) this.unfit(`${loaded} was loaded`);
    const called = boundFunctions.find((prototype) => !knownFunctions.test(prototype));
    if (called !== undefined) this.unfit(`${called} was called`);
    this.active = false;
    return this.reason === undefined;
  }
}

/** That a path is what it is now; `flags` of statusFlags. */
export function statusGuard(path: string, flags: number): Guard {
  const exact = (flags & statusFlags.link) !== 0 ? realStat.lstat(path, { bigint: true }) : realStat.stat(path, { bigint: true });
  return { type: guardTypes.file, path, numbers: [BigInt(flags), exact.dev, exact.ino, exact.mode, exact.uid, exact.gid, exact.rdev, exact.size, exact.mtimeNs, exact.ctimeNs] };
}

const realStat = { stat: fs.statSync, lstat: fs.lstatSync };
const loadedBefore = new Set<string>();
let current: LaunchTrace | undefined;

/** The launch that is being noted. */
export function currentTrace(): LaunchTrace | undefined {
  return current;
}

/** Begins to note what this process looks at; see LaunchTrace. */
export function traceLaunch(path: string, openNames: readonly string[]): LaunchTrace {
  const trace = new LaunchTrace(path, openNames);
  current = trace;
  for (const name of (process as unknown as { readonly moduleLoadList: readonly string[] }).moduleLoadList) loadedBefore.add(name);
  watchFiles(trace);
  watchEnvironment(trace);
  watchPlace(trace);
  watchHost(trace);
  return trace;
}

function watchEnvironment(trace: LaunchTrace): void {
  const written = new Set<string>();
  const note = (target: NodeJS.ProcessEnv, key: string | symbol): void => {
    if (typeof key !== "string" || written.has(key)) return;
    const value = target[key];
    trace.guard({ type: guardTypes.variable, path: value === undefined ? key : `${key}=${value}` });
  };
  process.env = new Proxy(process.env, {
    get: (target, key) => { note(target, key); return Reflect.get(target, key) as unknown; },
    has: (target, key) => { note(target, key); return Reflect.has(target, key); },
    getOwnPropertyDescriptor: (target, key) => { note(target, key); return Reflect.getOwnPropertyDescriptor(target, key); },
    ownKeys: (target) => { trace.unfit("the whole environment was looked at"); return Reflect.ownKeys(target); },
    set: (target, key, value) => { if (typeof key === "string") written.add(key); return Reflect.set(target, key, value); },
  });
}

function watchPlace(trace: LaunchTrace): void {
  const { cwd } = process;
  process.cwd = () => {
    const path = cwd();
    trace.guard({ type: guardTypes.place, path });
    return path;
  };
}

function watchHost(trace: LaunchTrace): void {
  const { networkInterfaces, userInfo } = os;
  os.networkInterfaces = () => {
    // What getifaddrs(3) tells of addresses and of interfaces that are up shows in these.
    for (const path of ["/proc/net/fib_trie", "/proc/net/if_inet6", "/proc/net/route"]) fs.existsSync(path) && fs.readFileSync(path);
    return networkInterfaces();
  };
  os.userInfo = ((...values: Parameters<typeof userInfo>) => {
    for (const path of ["/etc/passwd", "/etc/nsswitch.conf"]) if (fs.existsSync(path)) fs.statSync(path);
    return userInfo(...values);
  }) as typeof userInfo;
  for (const name of unsteadyFacts) {
    const original = os[name] as () => unknown;
    Object.assign(os, { [name]: () => { trace.unfit(`os.${name} was asked`); return original(); } });
  }
}
