import { readFileSync } from "node:fs";
import { CalaError, reasonOf } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import { applyChanges } from "../image/change.ts";
import { commitImage } from "../image/commit.ts";
import type { ImageRecord } from "../image/image-record.ts";
import { imageEngine } from "../image/open.ts";
import { tarOfChanges } from "../layer/diff.ts";
import type { ContainerDefaults } from "../oci/image-types.ts";
import type { ContainerRecord } from "./record.ts";
import { containerTrees, launchPlaces } from "./trees.ts";

/** What the new image is to be called and to be. */
export interface CommitContainerRequest {
  readonly name?: string;
  readonly author?: string;
  readonly message?: string;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
  /** A JSON file with fields of an image's config, put over the container's. */
  readonly configFile?: string;
  readonly format: "oci" | "docker";
  /** One layer with everything. */
  readonly squash: boolean;
  /** The mounts that the user asked for become volumes of the image. */
  readonly includeVolumes: boolean;
  readonly signal?: AbortSignal;
}

/** Makes an image of what a container has become. The container stays as it is. @throws CalaError `change-invalid`, `config-invalid`, … */
export async function commitContainer(engine: Engine, record: ContainerRecord, request: CommitContainerRequest): Promise<ImageRecord> {
  const { own, image, ids } = containerTrees(engine, record);
  const config = applyChanges({ ...configOf(record, request.includeVolumes), ...(request.configFile === undefined ? {} : readConfigFile(request.configFile)) }, request.changes);
  return await commitImage(imageEngine(engine), {
    imageId: record.imageId, layers: request.squash ? [] : record.image.layers,
    changes: () => tarOfChanges(engine, { above: own, ids, base: request.squash ? [] : image, leaveEmpty: launchPlaces }),
    config, createdBy: record.args.join(" "), format: request.format,
    ...(request.name === undefined ? {} : { name: request.name }), ...(request.author === undefined ? {} : { author: request.author }),
    ...(request.message === undefined ? {} : { message: request.message }), ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
}

/** The image's config with what the container was asked to be. */
function configOf(record: ContainerRecord, includeVolumes: boolean): ContainerDefaults {
  const { request, image: { defaults } } = record;
  const asked = request.mounts.filter((mount) => mount.kind === "bind" || mount.kind === "volume").map((mount) => mount.target);
  const volumes = includeVolumes ? asked : request.mounts.flatMap((mount) => (mount.kind === "volume" && mount.name === undefined ? [mount.target] : []));
  const user = request.user ?? defaults.User;
  return {
    ...withoutEntrypoint(defaults as ContainerDefaults),
    Env: environmentOf(record),
    Cmd: record.cmd, ...(record.entrypoint.length === 0 ? {} : { Entrypoint: record.entrypoint }),
    Labels: record.labels,
    ...(user === undefined ? {} : { User: user }),
    ...(request.workdir === undefined ? {} : { WorkingDir: request.workdir }),
    ...(request.stopSignal === undefined ? {} : { StopSignal: request.stopSignal }),
    ...(request.network.expose.length === 0 && record.ports.length === 0 ? {} : { ExposedPorts: { ...(defaults.ExposedPorts as ContainerDefaults["ExposedPorts"]), ...portsOf(record) } }),
    ...(volumes.length === 0 ? {} : { Volumes: { ...(defaults.Volumes as ContainerDefaults["Volumes"]), ...Object.fromEntries(volumes.map((path) => [path, {}])) } }),
  };
}

function withoutEntrypoint({ Entrypoint: _, ...rest }: ContainerDefaults): ContainerDefaults {
  return rest;
}

function environmentOf({ request, image: { defaults } }: ContainerRecord): string[] {
  const keyOf = (entry: string): string => entry.split("=", 1)[0] ?? "";
  const kept = request.unsetEnvAll ? [] : (defaults.Env ?? []).filter((entry) => !request.unsetEnv.includes(keyOf(entry)));
  return [...new Map([...kept, ...request.env].map((entry) => [keyOf(entry), entry])).values()];
}

function portsOf({ request, ports }: ContainerRecord): Record<string, object> {
  return Object.fromEntries([...request.network.expose.map((port) => (port.includes("/") ? port : `${port}/tcp`)), ...ports.map((port) => `${port.containerPort}/${port.protocol}`)].map((port) => [port, {}]));
}

function readConfigFile(path: string): ContainerDefaults {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as ContainerDefaults;
  } catch (error) {
    throw new CalaError("config-invalid", `the config "${path}" cannot be used: ${reasonOf(error)}`, { cause: error });
  }
  throw new CalaError("config-invalid", `the config "${path}" is not a JSON object`, { hint: `write {"Cmd": ["sh"], "Env": ["A=b"]}` });
}
