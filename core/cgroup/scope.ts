/** A transient systemd scope with a delegated cgroup, asked of the user's manager over D-Bus. */
import { spawnSync } from "node:child_process";
import { CalaError } from "../base/error.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { findProgram } from "../host/find-program.ts";
import { ownCgroup } from "./detect.ts";

const deadlineMs = 20_000;

/** What systemd is told of a scope. */
export interface ScopeUnit {
  readonly description: string;
  /** The slice that it is to be in; systemd's `app.slice` unless given. */
  readonly slice?: string;
}

/**
 * Moves this process into a new scope `NAME.scope` whose cgroup belongs to the user; later children are in it too. systemd
 * moves across its own tree, which an ordinary user cannot; the scope ends with its last process.
 * @param runtimeDir where the manager listens
 * @returns the scope's cgroup as in /proc/self/cgroup
 * @throws CalaError `scope-refused`
 */
export async function enterScope(name: string, unit: ScopeUnit, runtimeDir: string): Promise<string> {
  const before = readOwn();
  const program = findProgram("busctl");
  if (program === undefined) throw new CalaError("scope-refused", "busctl, a part of systemd, is not installed");
  const env = { ...process.env, XDG_RUNTIME_DIR: runtimeDir };
  const result = spawnSync(program, scopeCall(name, unit, [process.pid]), { env, encoding: "utf8", timeout: deadlineMs, stdio: ["ignore", "ignore", "pipe"] });
  if (result.status !== 0) throw new CalaError("scope-refused", `systemd refused the scope "${name}.scope": ${(result.stderr || String(result.error ?? "")).trim()}`);
  // The call answers with a job; the move itself comes a moment later.
  for (const end = Date.now() + deadlineMs; Date.now() < end; await sleep(2)) {
    const now = readOwn();
    if (now !== before && now.endsWith(`/${name}.scope`)) return now;
  }
  throw new CalaError("scope-refused", `systemd did not start the scope "${name}.scope" within ${deadlineMs / 1000} seconds`);
}

function readOwn(): string {
  return ownCgroup(readTextIfThere("/proc/self/cgroup") ?? "");
}

/** The arguments of busctl (org.freedesktop.systemd1(5): StartTransientUnit). */
export function scopeCall(name: string, { description, slice }: ScopeUnit, pids: readonly number[]): string[] {
  const properties = [
    ["Description", "s", description], ["PIDs", "au", String(pids.length), ...pids.map(String)], ["Delegate", "b", "true"],
    ["CollectMode", "s", "inactive-or-failed"], ["TasksAccounting", "b", "true"], ...(slice === undefined ? [] : [["Slice", "s", slice]]),
  ];
  return [
    "--user", "--quiet", "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
    "StartTransientUnit", "ssa(sv)a(sa(sv))", `${name}.scope`, "fail", String(properties.length), ...properties.flat(), "0",
  ];
}
