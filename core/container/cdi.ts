/** Devices by CDI names: their descriptions on this host, put into a request. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CalaError, isErrno } from "../base/error.ts";
import { cdiEdits, checkCdiEdits, checkCdiSpec, type CdiEdits, type CdiHook, type CdiLibrary } from "../spec/cdi.ts";
import type { ContainerRequest, MountRequest } from "../spec/request.ts";

const defaultDirs = ["/etc/cdi", "/var/run/cdi"];
/** The runtime gives every bind these. */
const impliedOptions = ["bind", "rbind", "rprivate", "private"];

/** A request with what its CDI devices add, and the hooks that they want. */
export interface CdiRequest {
  readonly request: ContainerRequest;
  readonly hooks: readonly CdiHook[];
}

/** @throws CalaError of unknown devices, and of descriptions that are wrong or want what cannot be done */
export async function withCdiDevices(request: ContainerRequest): Promise<CdiRequest> {
  const { cdi } = request;
  if (cdi === undefined || cdi.devices.length === 0) return { request, hooks: [] };
  const edits = cdiEdits(await readLibrary(cdi.specDirs.length === 0 ? defaultDirs : cdi.specDirs), cdi.devices);
  checkCdiEdits(edits);
  return { request: edits.reduce(applyEdits, request), hooks: edits.flatMap(({ hooks = [] }) => hooks) };
}

function applyEdits(request: ContainerRequest, edits: CdiEdits): ContainerRequest {
  return {
    ...request,
    env: [...request.env, ...(edits.env ?? [])],
    devices: [...request.devices, ...(edits.deviceNodes ?? []).map(({ path, hostPath, permissions }) => ({ source: hostPath ?? path, target: path, access: permissions ?? "rwm" }))],
    mounts: [...request.mounts, ...(edits.mounts ?? []).map(mountOf)],
    groupAdd: [...request.groupAdd, ...(edits.additionalGids ?? []).filter((gid) => gid !== 0).map(String)],
  };
}

function mountOf(mount: NonNullable<CdiEdits["mounts"]>[number]): MountRequest {
  const options = (mount.options ?? []).filter((word) => !impliedOptions.includes(word));
  if (mount.type === "tmpfs") return { kind: "tmpfs", target: mount.containerPath, options };
  return { kind: "bind", source: mount.hostPath, target: mount.containerPath, options, createSource: false };
}

async function readLibrary(directories: readonly string[]): Promise<CdiLibrary> {
  return await Promise.all(directories.map(async (directory) => await Promise.all(filesIn(directory).map(async (file) => ({ file, spec: checkCdiSpec(await parse(file), file) })))));
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => /\.(json|ya?ml)$/.test(name)).sort().map((name) => join(directory, name));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

async function parse(file: string): Promise<unknown> {
  const text = readFileSync(file, "utf8");
  try {
    return file.endsWith(".json") ? JSON.parse(text) as unknown : (await import("yaml")).parse(text) as unknown;
  } catch (error) {
    throw new CalaError("cdi-spec-invalid", `the CDI description "${file}" cannot be read: ${(error as Error).message.split("\n")[0] ?? ""}`, { cause: error });
  }
}
