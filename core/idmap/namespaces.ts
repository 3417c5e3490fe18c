/** Whether this host lets this user make user namespaces. Where it does not, containers live without namespaces (native/trace.h). */
import type { spawnSync as SpawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { clock } from "../base/clock.ts";
import { CalaError } from "../base/error.ts";
import { ensureDir } from "../dirs/dirs.ts";
import { namespaceProbeFile } from "../dirs/paths.ts";
import { lackHint, nativeMissing, nativeProgram } from "../dirs/program.ts";
import { readJsonIfThere, readTextIfThere } from "../fs/read-json.ts";
import { writeJson } from "../fs/write-atomic.ts";
import type { NamespaceSite } from "./spawn-in-namespace.ts";

/** What is in the way, and the command that mends it. */
export interface NamespaceObstacle {
  readonly reason: string;
  readonly fix: string;
}

interface Verdict {
  readonly key: string;
  readonly obstacle?: NamespaceObstacle;
}

/** What the trial says, with the kind, when too many namespaces are in use just now; later there may be fewer. */
const limitReached = "ENOSPC ";
/** Answers that tell of this moment only. */
const passing = new Set(["EAGAIN", "ENOMEM", "ENFILE", "EMFILE"]);
/** So long this process believes that a limit is reached, so that the parts of one command agree. */
const believedMs = 1000;

const watchedSettings = ["/proc/sys/user/max_user_namespaces", "/proc/sys/kernel/unprivileged_userns_clone", "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"];
let remembered: (Verdict & { readonly untilMs?: number }) | undefined;

/**
 * Undefined where they can be had. Tried once per boot and kind of session; a file and a few of the kernel's are read otherwise. That a limit is
 * reached is not kept. @throws CalaError `namespaces-untried`, `native-missing` where the trial itself could not be made
 */
export async function namespaceObstacle(site: NamespaceSite): Promise<NamespaceObstacle | undefined> {
  const known = knownObstacle(site);
  return known === "untried" ? tryNamespaces(site, (await import("node:child_process")).spawnSync) : known;
}

/** The same for those who have loaded what starts programs. */
export function namespaceObstacleNow(site: NamespaceSite, spawnSync: typeof SpawnSync): NamespaceObstacle | undefined {
  const known = knownObstacle(site);
  return known === "untried" ? tryNamespaces(site, spawnSync) : known;
}

function tryNamespaces(site: NamespaceSite, spawnSync: typeof SpawnSync): NamespaceObstacle | undefined {
  const tried = spawnSync(nativeProgram(), ["userns-probe"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  if (tried.error !== undefined) throw nativeMissing(tried.error);
  const word = tried.stdout.trim();
  const untried = tried.status === null ? `the trial was ended by ${tried.signal}` : passing.has(word) ? `the kernel answers ${word}` : undefined;
  if (untried !== undefined) throw new CalaError("namespaces-untried", `cannot find out whether user namespaces can be had: ${untried}`, { hint: lackHint });
  const obstacle = tried.status === 0 ? undefined : describe(word);
  const verdict = { key: sessionKey(), ...(obstacle === undefined ? {} : { obstacle }) };
  const keeps = obstacle === undefined || !word.startsWith(limitReached) || settingInTheWay() !== undefined;
  remembered = keeps ? verdict : { ...verdict, untilMs: clock.nowMs() + believedMs };
  if (!keeps) return obstacle;
  ensureDir(site.dirs.cache);
  writeJson(namespaceProbeFile(site.dirs), verdict);
  return obstacle;
}

/** What is known without a trial. */
function knownObstacle(site: NamespaceSite): NamespaceObstacle | undefined | "untried" {
  const key = sessionKey();
  if (remembered?.key !== key || clock.nowMs() >= (remembered.untilMs ?? Infinity)) remembered = readJsonIfThere<Verdict>(namespaceProbeFile(site.dirs));
  return remembered?.key === key ? remembered.obstacle : "untried";
}

/** Changes with everything that could change the answer. */
function sessionKey(): string {
  const status = readFileSync("/proc/self/status", "utf8");
  const lines = ["NoNewPrivs", "Seccomp", "Seccomp_filters"].map((name) => new RegExp(`^${name}:\\s*(\\d+)$`, "m").exec(status)?.[1] ?? "");
  const settings = watchedSettings.map((path) => readTextIfThere(path) ?? "");
  return [readFileSync("/proc/sys/kernel/random/boot_id", "utf8"), readFileSync("/proc/self/uid_map", "utf8"), ...settings, ...lines].join(" ").replace(/\s+/g, " ").trim();
}

/** The first setting of the kernel's that forbids them, what it is, and what it should be. */
function settingInTheWay(): readonly [string, string, string] | undefined {
  const settings: readonly (readonly [string, string, string])[] = [
    ["user.max_user_namespaces", "0", "28633"], ["kernel.unprivileged_userns_clone", "0", "1"], ["kernel.apparmor_restrict_unprivileged_userns", "1", "0"],
  ];
  return settings.find(([name, bad]) => readTextIfThere(`/proc/sys/${name.replaceAll(".", "/")}`)?.trim() === bad);
}

function describe(word: string): NamespaceObstacle {
  const [name, bad, good] = settingInTheWay() ?? [];
  if (name !== undefined) return { reason: `${name} is ${bad}`, fix: `sudo sysctl -w ${name}=${good}` };
  if (word.startsWith(limitReached)) {
    const kind = word.slice(limitReached.length);
    return { reason: `the limit of ${kind} namespaces around this one is reached`, fix: `sudo sysctl -w user.max_${kind === "mount" ? "mnt" : kind}_namespaces=28633, where this container was started` };
  }
  return { reason: `the kernel answers ${word === "" ? "nothing" : word}; a filter of system calls around this program may forbid them`, fix: "start the container around cala with --security-opt seccomp=unconfined" };
}
