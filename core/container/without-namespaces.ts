/** The lowest rung: a container where the kernel gives no namespaces. What it cannot have is refused; what it lacks is said once. */
import { mkdirSync, rmSync, chmodSync } from "node:fs";
import { join } from "node:path";
import { CalaError } from "../base/error.ts";
import { shortId } from "../base/id.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import { ensureDir } from "../dirs/dirs.ts";
import type { Engine } from "../engine.ts";
import type { NamespaceObstacle } from "../idmap/namespaces.ts";
import type { RuntimeConfig } from "../oci/runtime-config.ts";
import { memoryName } from "../plan/compile-translation.ts";
import type { NamespaceLaunch, TranslationLaunch } from "../plan/launch-details.ts";
import type { ContainerRequest, MountRequest } from "../spec/request.ts";

/** Every namespace is the host's. */
export const hostNamespaces: NamespaceLaunch = { network: "host", pid: "host", ipc: "host", uts: "host", cgroup: "host", user: "host" };

/** What the user is told of this rung. */
export function rungNotice({ reason, fix }: NamespaceObstacle): string {
  return `containers have no namespaces: paths are translated by a supervisor, processes and network are the host's, owners are noted, debuggers (strace, gdb) do not work, and landlock is the wall where the kernel has it; ${reason}; ${fix}`;
}

const networkWords = ["default", "host", "none", ""];
const usualMounts: readonly MountRequest["kind"][] = ["bind", "volume", "tmpfs", "glob"];

/** The request as this rung can do it. @throws CalaError `namespaces-refused` for what needs a namespace or a mount */
export function requestWithoutNamespaces(request: ContainerRequest, obstacle: NamespaceObstacle): ContainerRequest {
  const [unmet] = needs(request);
  if (unmet !== undefined) throw new CalaError("namespaces-refused", `${unmet} cannot be had without namespaces, and this host gives none: ${obstacle.reason}`, { hint: obstacle.fix });
  const { modes } = request.network;
  return { ...request, network: { ...request.network, modes: modes.includes("none") ? ["none"] : ["host"] } };
}

/** What is asked for and cannot be had, in the user's words. */
function needs(request: ContainerRequest): string[] {
  const { network, namespaces, mounts } = request;
  const other = (["pid", "ipc", "uts", "cgroup"] as const).filter((kind) => !["", "private", "host", "shareable", "none"].includes(namespaces[kind]));
  const kinds = mounts.filter((mount) => !usualMounts.includes(mount.kind)).map((mount) => `a mount of the type ${mount.kind}`);
  const words = mounts.flatMap((mount) => mount.options.filter((word) => /^(O|U|idmap|size=.*|upperdir=.*)$/.test(word)).map((word) => `the mount option "${word}"`));
  return [
    ...(network.ports.length > 0 || network.publishAll ? ["a published port (the network is the host's: programs listen on its ports themselves)"] : []),
    ...(network.egress === undefined ? [] : ["--egress"]),
    ...network.modes.filter((mode) => !networkWords.includes(mode)).map((mode) => `the network "${mode}"`),
    ...other.map((kind) => `the ${kind} namespace "${namespaces[kind]}"`),
    ...(["", "private", "host"].includes(namespaces.user) ? [] : [`the user namespace "${namespaces.user}"`]),
    ...(namespaces.idMaps.uids.length + namespaces.idMaps.gids.length > 0 ? ["a map of ids"] : []),
    ...(request.privileged ? ["--privileged"] : []),
    ...(request.capAdd.length > 0 ? ["a capability (--cap-add)"] : []),
    ...(Object.keys(request.sysctls).length > 0 ? ["--sysctl"] : []),
    ...(request.secrets === undefined || request.secrets.every(({ kind }) => kind === "env") ? [] : ["a secret as a file"]),
    ...(request.cdi === undefined ? [] : ["a CDI device"]),
    ...(request.shmSizeBytes === undefined ? [] : ["--shm-size"]),
    ...(request.systemd?.active === true ? ["systemd as the container's program"] : []),
    ...kinds, ...words,
  ];
}

/** Makes the directories of a launch and tells where they are. */
export function translationOf(engine: Engine, id: string, request: ContainerRequest, config: RuntimeConfig): TranslationLaunch {
  const dir = containerDir(engine.dirs, id);
  const memory = join(dir, "memory");
  rmSync(memory, { recursive: true, force: true });
  mkdirSync(join(memory, "empty"), { recursive: true });
  mkdirSync(join(memory, "shm"));
  for (const { type, destination, options } of config.mounts ?? []) {
    if ((type !== "tmpfs" && type !== "ramfs") || destination === "/dev") continue;
    const path = join(memory, memoryName(destination));
    mkdirSync(path, { recursive: true });
    const mode = options?.find((word) => word.startsWith("mode="))?.slice("mode=".length);
    chmodSync(path, mode === undefined ? 0o1777 : Number.parseInt(mode, 8));
  }
  return {
    rootfs: containerFiles.rootfs(dir), alias: join(ensureDir(engine.dirs.runtime), `root-${shortId(id)}`), memory,
    hostname: request.hostname ?? shortId(id), withoutNetwork: request.network.modes.includes("none"),
  };
}
