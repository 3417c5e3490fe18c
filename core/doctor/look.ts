/** Gathers what the checks judge: files of the kernel and the system, and one trial of a user namespace. Changes nothing. */
import { accessSync, constants, existsSync, realpathSync, statfsSync, statSync } from "node:fs";
import { release } from "node:os";
import { dirname, join } from "node:path";
import { messageOf } from "../base/error.ts";
import { cgroupRoot, detectCgroups, readWords } from "../cgroup/detect.ts";
import { formatFile } from "../dirs/paths.ts";
import { nativeProgram } from "../dirs/program.ts";
import type { Engine } from "../engine.ts";
import { namesIn } from "../fs/list-names.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { coversOfProc } from "../host/covered-proc.ts";
import { defaultRoutes } from "../host/routes.ts";
import { criuTool, installCommand, locateTool, type HostTool } from "../host/tools.ts";
import { lookAtIds } from "../idmap/probe.ts";
import { namespaceObstacle } from "../idmap/namespaces.ts";
import { spawnInNamespace } from "../idmap/spawn-in-namespace.ts";
import { parseEntries } from "../idmap/subordinate.ts";
import { networkModes } from "../network/modes/index.ts";
import { parseResolver } from "../network/resolver.ts";
import { libraryVersion } from "../security/seccomp/filter.ts";
import { probeDrivers } from "../storage/choose-driver.ts";
import { storageDrivers } from "../storage/drivers/list.ts";
import { checkStoreFormat } from "../storage/format.ts";
import { tunDevice } from "./checks/network.ts";
import { fuseDevice } from "./checks/storage.ts";
import type { DeviceState, HostFacts, PlaceFacts, SessionFacts, ToolFact } from "./facts.ts";
import { mountOf } from "./mount-of.ts";

const sysctlNames = [
  "kernel.unprivileged_userns_clone", "kernel.apparmor_restrict_unprivileged_userns", "user.max_user_namespaces", "user.max_mnt_namespaces", "user.max_pid_namespaces",
  "user.max_net_namespaces", "user.max_ipc_namespaces", "user.max_uts_namespaces", "user.max_cgroup_namespaces", "kernel.yama.ptrace_scope",
  "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "fs.inotify.max_user_instances",
];

const renderDir = "/dev/dri";


/** Looks at everything; takes a moment, for storage drivers are tried out. */
export async function lookAtHost(engine: Engine): Promise<HostFacts> {
  const { env } = engine;
  const ids = lookAtIds(env);
  const [namespace, clientAddresses, driver, storeTrouble] = await Promise.all([tryInNamespace(engine, ["hello"]), tryInNamespace(engine, ["publish", "probe"]), lookAtDrivers(engine), lookAtStore(engine)]);
  const cgroups = detectCgroups(env);
  return {
    kernelRelease: release(), ids, namespace, coversOfProc: coversOfProc(readTextIfThere("/proc/self/mountinfo") ?? ""), clientAddresses, driver, storeTrouble, cgroups,
    hostUids: (readTextIfThere("/etc/passwd") ?? "").split("\n").map((line) => Number(line.split(":")[2])).filter((uid) => uid > 0),
    subuids: parseEntries(readTextIfThere("/etc/subuid") ?? ""), subgids: parseEntries(readTextIfThere("/etc/subgid") ?? ""),
    sysctls: Object.fromEntries(sysctlNames.map((name) => [name, readTextIfThere(`/proc/sys/${name.replaceAll(".", "/")}`)?.trim()])),
    programPath: nativeProgram(), seccomp: libraryVersion() !== "", selinux: lookAtSelinux(),
    devices: Object.fromEntries([tunDevice, fuseDevice].map((path) => [path, lookAtDevice(path)])),
    tools: [...networkModes.flatMap(({ tool }) => tool ?? []).map((tool) => toolFact(tool, "network", engine)), ...storageDrivers.flatMap(({ tool }) => tool ?? []).map((tool) => toolFact(tool, "storage", engine)), toolFact(criuTool, "other", engine)],
    routes: defaultRoutes(), nameServers: parseResolver(readTextIfThere("/etc/resolv.conf") ?? "").servers.length,
    nosuidMount: lookForNosuid([ids.newuidmap?.path, ids.newgidmap?.path]), renderNodes: Object.fromEntries(namesIn(renderDir).filter((name) => name.startsWith("renderD")).map((name) => [join(renderDir, name), lookAtDevice(join(renderDir, name))])),
    hostControllers: readWords(join(cgroupRoot, "cgroup.controllers")),
    data: lookAtPlace(engine.dirs.data), homeMode: modeOf(env["HOME"]),
    delegated: cgroups.runtimeDir === undefined ? cgroups.controllers : readWords(join(cgroupRoot, `user.slice/user-${ids.uid}.slice/user@${ids.uid}.service/cgroup.controllers`)),
    session: lookAtSession(env["XDG_RUNTIME_DIR"], ids.name), openFiles: lookAtOpenFiles(), nowMs: Date.now(),
  };
}

/** The way every container goes: an applet in the outer user namespace. */
async function tryInNamespace(engine: Engine, applet: readonly string[]): Promise<HostFacts["namespace"]> {
  try {
    const obstacle = await namespaceObstacle(engine);
    if (obstacle !== undefined) return { works: false, words: obstacle.reason };
    const { child, ended, words } = spawnInNamespace(engine, ["cala-native", ...applet], "ignore");
    child.stdout?.resume();
    return await ended === 0 ? { works: true, words: "" } : { works: false, words: words().trim() };
  } catch (error) {
    return { works: false, words: messageOf(error) };
  }
}

async function lookAtDrivers(engine: Engine): Promise<HostFacts["driver"]> {
  try {
    const probes = await probeDrivers(engine);
    const best = probes.findIndex(({ availability }) => availability.usable);
    const better = best < 0 ? probes : probes.slice(0, best);
    return { name: probes[best]?.driver.name, refusals: better.flatMap(({ availability }) => (availability.usable ? [] : [{ reason: availability.reason, fix: availability.fix }])) };
  } catch (error) {
    return { name: undefined, refusals: [{ reason: messageOf(error), fix: "cala info" }] };
  }
}

async function lookAtStore({ dirs }: Engine): Promise<string | undefined> {
  if (!existsSync(formatFile(dirs))) return undefined;
  try {
    await checkStoreFormat(dirs);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function toolFact(tool: HostTool, purpose: ToolFact["purpose"], { env }: Engine): ToolFact {
  return { name: tool.name, purpose, present: locateTool(tool, env).path !== undefined, cost: tool.cost, install: installCommand(tool, env) };
}

function lookAtSelinux(): HostFacts["selinux"] {
  const text = readTextIfThere("/sys/fs/selinux/enforce");
  return text === undefined ? undefined : text.startsWith("1") ? "enforcing" : "permissive";
}

function lookAtDevice(path: string): DeviceState {
  if (!existsSync(path)) return "missing";
  return allowed(path, constants.R_OK | constants.W_OK) ? "open" : "closed";
}

function allowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function lookForNosuid(programs: readonly (string | undefined)[]): string | undefined {
  const mounts = readTextIfThere("/proc/self/mountinfo") ?? "";
  return programs.flatMap((path) => (path === undefined ? [] : mountOf(mounts, realpathSync(path)))).find(({ options }) => options.includes("nosuid"))?.point;
}

/** A directory that is not there yet is judged by the nearest one above it. */
function lookAtPlace(wanted: string): PlaceFacts {
  let path = wanted;
  while (!existsSync(path) && path !== "/") path = dirname(path);
  const space = statfsSync(path);
  const { fileSystem, options } = mountOf(readTextIfThere("/proc/self/mountinfo") ?? "", path);
  return {
    path, fileSystem, options, writable: allowed(path, constants.W_OK | constants.X_OK),
    sizeBytes: space.blocks * space.bsize, freeBytes: space.bavail * space.bsize, files: space.files, freeFiles: space.ffree,
  };
}

function modeOf(path: string | undefined): number | undefined {
  try {
    return path === undefined ? undefined : statSync(path).mode & 0o7777;
  } catch {
    return undefined;
  }
}

function lookAtSession(xdgRuntimeDir: string | undefined, name: string | undefined): SessionFacts {
  const own = (path: string): boolean => allowed(path, constants.W_OK | constants.X_OK) && statSync(path).uid === process.getuid?.();
  return {
    xdgRuntimeDir, runtimeDirUsable: xdgRuntimeDir !== undefined && xdgRuntimeDir.startsWith("/") && own(xdgRuntimeDir),
    systemd: existsSync("/run/systemd/system"), lingers: name !== undefined && existsSync(`/var/lib/systemd/linger/${name}`),
  };
}

function lookAtOpenFiles(): number {
  const soft = /^Max open files\s+(\S+)/m.exec(readTextIfThere("/proc/self/limits") ?? "")?.[1];
  return soft === undefined || soft === "unlimited" ? Infinity : Number(soft);
}
