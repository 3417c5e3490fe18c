/** Whether this host lets this user make user namespaces. Where it does not, containers live without namespaces (native/trace.h). */
import type { spawnSync as SpawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { ensureDir } from "../dirs/dirs.ts";
import { namespaceProbeFile } from "../dirs/paths.ts";
import { nativeProgram } from "../dirs/program.ts";
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

const watchedSettings = ["/proc/sys/user/max_user_namespaces", "/proc/sys/kernel/unprivileged_userns_clone", "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"];
let remembered: Verdict | undefined;

/** Undefined where they can be had. Tried once per boot and kind of session; a file and a few of the kernel's are read otherwise. */
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
  const obstacle = tried.status === 0 ? undefined : describe(tried.stdout.trim());
  remembered = { key: sessionKey(), ...(obstacle === undefined ? {} : { obstacle }) };
  ensureDir(site.dirs.cache);
  writeJson(namespaceProbeFile(site.dirs), remembered);
  return obstacle;
}

/** What is known without a trial. */
function knownObstacle(site: NamespaceSite): NamespaceObstacle | undefined | "untried" {
  const key = sessionKey();
  if (remembered?.key !== key) remembered = readJsonIfThere<Verdict>(namespaceProbeFile(site.dirs));
  return remembered?.key === key ? remembered.obstacle : "untried";
}

/** Changes with everything that could change the answer. */
function sessionKey(): string {
  const status = readFileSync("/proc/self/status", "utf8");
  const lines = ["NoNewPrivs", "Seccomp", "Seccomp_filters"].map((name) => new RegExp(`^${name}:\\s*(\\d+)$`, "m").exec(status)?.[1] ?? "");
  const settings = watchedSettings.map((path) => readTextIfThere(path) ?? "");
  return [readFileSync("/proc/sys/kernel/random/boot_id", "utf8"), readFileSync("/proc/self/uid_map", "utf8"), ...settings, ...lines].join(" ").replace(/\s+/g, " ").trim();
}

/** The first setting of the kernel's that explains it. */
function describe(word: string): NamespaceObstacle {
  const setting = (name: string): string | undefined => readTextIfThere(`/proc/sys/${name.replaceAll(".", "/")}`)?.trim();
  const settings: readonly (readonly [string, string, string])[] = [
    ["user.max_user_namespaces", "0", "28633"], ["kernel.unprivileged_userns_clone", "0", "1"], ["kernel.apparmor_restrict_unprivileged_userns", "1", "0"],
  ];
  const [name, bad, good] = settings.find(([each, value]) => setting(each) === value) ?? [];
  if (name !== undefined) return { reason: `${name} is ${bad}`, fix: `sudo sysctl -w ${name}=${good}` };
  if (word === "ENOSPC") return { reason: "the limit of user namespaces around this one is reached", fix: "sudo sysctl -w user.max_user_namespaces=28633, where this container was started" };
  return { reason: `the kernel answers ${word === "" ? "nothing" : word}; a filter of system calls around this program may forbid them`, fix: "start the container around cala with --security-opt seccomp=unconfined" };
}
