/** What a service manager that starts containers is told: `--sdnotify`, `--pidfile`, `--conmon-pidfile`. */
import { accessSync, constants, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { CalaError } from "../base/error.ts";
import type { Environment } from "../dirs/dirs.ts";
import type { ServiceLaunch } from "../plan/launch-details.ts";
import { resolveHealth } from "../spec/health.ts";
import type { ContainerRequest, MountRequest } from "../spec/request.ts";
import type { ContainerRecord } from "./record.ts";

/** Where crun has it, too. */
const notifyTarget = "/run/notify";

const modes = { container: "container", conmon: "monitor", healthy: "healthy", ignore: "none" } as const;

/** @returns undefined where there is nothing to tell @throws CalaError `options-conflict`, `pid-file-unwritable` */
export function serviceLaunch(env: Environment, record: ContainerRecord): ServiceLaunch | undefined {
  const { sdNotify = "container", pidFile = "", monitorPidFile = "" } = record.request;
  if (sdNotify === "healthy" && resolveHealth(record.request, record.image.defaults) === undefined) {
    throw new CalaError("options-conflict", `sdnotify policy "healthy" requires a healthcheck to be set`, { hint: "give --health-cmd COMMAND, too" });
  }
  for (const file of [pidFile, monitorPidFile]) if (file !== "") checkWritable(file);
  const notifySocket = env["NOTIFY_SOCKET"] ?? "";
  if (notifySocket === "" && pidFile === "" && monitorPidFile === "") return undefined;
  return { notify: notifySocket === "" ? "none" : modes[sdNotify], notifySocket, pidFile, monitorPidFile };
}

function checkWritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw new CalaError("pid-file-unwritable", `cannot write the pid file "${file}": its directory cannot be written to`, { cause: error });
  }
}

/** What the container gets to tell by itself when it is ready: a socket of the monitor's, which passes on what comes. */
export function notifyProxy(env: Environment, request: ContainerRequest, dir: string): { readonly request: ContainerRequest; readonly mounts: readonly MountRequest[] } {
  if ((request.sdNotify ?? "container") !== "container" || (env["NOTIFY_SOCKET"] ?? "") === "") return { request, mounts: [] };
  const source = join(dir, "notify");
  mkdirSync(source, { recursive: true, mode: 0o711 });
  return {
    request: { ...request, env: [...request.env, `NOTIFY_SOCKET=${notifyTarget}/socket`] },
    mounts: [{ kind: "bind", source, target: notifyTarget, options: [], createSource: false }],
  };
}
