/** Device nodes of the host for a container. An ordinary user cannot make nodes, so they are bound. */
import { accessSync, constants, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CalaError, isErrno } from "../base/error.ts";
import type { RuntimeMount } from "../oci/runtime-config.ts";
import type { DeviceRequest } from "./request.ts";

/** Nodes that every container has, or that belong to a terminal or to another mount. */
const notForPrivileged = /^\/dev\/(null|zero|full|random|urandom|tty.*|console|ptmx|pts|shm|mqueue|fd|stdin|stdout|stderr|core|log|char|block|disk|hugepages|initctl)$/;

/**
 * One request per node: a directory stands for all device nodes below it.
 * @throws CalaError `device-unknown`, `device-invalid`
 */
export function expandDevices(requests: readonly DeviceRequest[]): DeviceRequest[] {
  return requests.flatMap((request) => {
    const stat = statDevice(request.source);
    if (stat.isDirectory()) return devicesBelow(request);
    if (!stat.isCharacterDevice() && !stat.isBlockDevice()) {
      throw new CalaError("device-invalid", `"${request.source}" is not a device node`);
    }
    return [request];
  });
}

function devicesBelow(request: DeviceRequest): DeviceRequest[] {
  const nodes = nodesBelow(request.source);
  if (nodes.length === 0) throw new CalaError("device-invalid", `no devices found in ${request.source}`, { hint: `ls -l ${request.source}` });
  return nodes.map((path) => ({ ...request, source: path, target: join(request.target, path.slice(request.source.length)) }));
}

/** Only a device group of the host's root could keep a container to less than its user may do with a node: what is not kept is told. */
export function tellUnkeptAccess(requests: readonly DeviceRequest[], notice: (text: string) => void): void {
  for (const { source, access } of requests) {
    if (!access.includes("r") || !access.includes("w")) notice(`":${access}" of --device ${source} keeps nothing back: a container may do with a device what you may`);
  }
}

function statDevice(path: string): ReturnType<typeof statSync> & object {
  try {
    return statSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) throw new CalaError("device-unknown", `stat ${path}: no such file or directory`, { cause: error });
    throw error;
  }
}

/** Every device node of the host that this user may open, for `--privileged`. */
export function hostDevices(): DeviceRequest[] {
  return nodesBelow("/dev").map((path) => ({ source: path, target: path, access: "rwm" }));
}

function nodesBelow(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    if (notForPrivileged.test(path)) return [];
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) return isUsable(path) ? nodesBelow(path) : [];
    return stat !== undefined && (stat.isCharacterDevice() || stat.isBlockDevice()) && isUsable(path) ? [path] : [];
  });
}

function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** The bind mount of one node. */
export function deviceMount(device: DeviceRequest): RuntimeMount {
  const access = device.access.includes("w") ? "rw" : "ro";
  return { destination: device.target, type: "bind", source: device.source, options: ["bind", "rprivate", access, "nosuid", "noexec"] };
}
