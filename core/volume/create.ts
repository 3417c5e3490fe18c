/** New volumes. */
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CalaError, isErrno } from "../base/error.ts";
import { timestamp } from "../base/clock.ts";
import { newId } from "../base/id.ts";
import { ensureDir, type Dirs } from "../dirs/dirs.ts";
import { volumeDir, volumesDir } from "../dirs/paths.ts";
import { emitEvent } from "../event/emit.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { stagingPath } from "../layer/staging.ts";
import { checkVolumeName, readVolume, type VolumeRecord } from "./record.ts";

/** What a user asks of a new volume. */
export interface VolumeRequest {
  /** Absent: an id of 64 digits. */
  readonly name?: string;
  readonly driver?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** `type`, `device` and `o` of the local driver. */
  readonly options?: Readonly<Record<string, string>>;
  readonly anonymous?: boolean;
  /** Hands back a volume of this name that exists already. */
  readonly ignoreExisting?: boolean;
}

/**
 * Makes a volume; it appears as a whole, by a rename.
 * @throws CalaError `volume-exists`, `volume-name-invalid`, `volume-driver-unknown`, `volume-option-unsupported`
 */
export function createVolume(dirs: Dirs, request: VolumeRequest): VolumeRecord {
  const name = request.name ?? newId();
  checkVolumeName(name);
  checkDriver(request);
  const existing = readVolume(dirs, name);
  if (existing !== undefined) return existingVolume(existing, request);
  const record: VolumeRecord = {
    version: 1, name, driver: "local", createdAt: timestamp(), labels: request.labels ?? {}, options: request.options ?? {}, anonymous: request.anonymous ?? false,
  };
  if (!publish(dirs, record)) return existingVolume(readVolume(dirs, name) ?? record, request);
  emitEvent({ dirs }, { type: "volume", status: "create", name });
  return record;
}

function existingVolume(existing: VolumeRecord, request: VolumeRequest): VolumeRecord {
  if (request.ignoreExisting === true) return existing;
  throw new CalaError("volume-exists", `volume with name "${existing.name}" already exists: volume already exists`);
}

/** @returns false when somebody else made a volume of this name meanwhile */
function publish(dirs: Dirs, record: VolumeRecord): boolean {
  const staged = stagingPath(dirs, "volume");
  ensureDir(volumesDir(dirs));
  try {
    mkdirSync(staged, { mode: 0o700 });
    mkdirSync(join(staged, "data"), { mode: 0o755 });
    writeJson(join(staged, "record.json"), record, { durable: true });
    renameSync(staged, volumeDir(dirs, record.name));
    return true;
  } catch (error) {
    rmSync(staged, { recursive: true, force: true });
    if (isErrno(error, "ENOTEMPTY", "EEXIST")) return false;
    throw error;
  }
}

function checkDriver(request: VolumeRequest): void {
  const driver = request.driver ?? "local";
  if (driver !== "local") throw new CalaError("volume-driver-unknown", `volume driver "${driver}" is not known`, { hint: "cala has the driver local" });
  const options = request.options ?? {};
  const unknown = Object.keys(options).find((key) => !["type", "device", "o"].includes(key));
  if (unknown !== undefined) throw unsupported(`the volume option "${unknown}" is not known`);
  const type = options["type"];
  if (isBind(options)) {
    if (options["device"]?.startsWith("/") !== true) throw unsupported(`a bind volume needs an absolute path as "device"`);
  } else if (type !== undefined && type !== "tmpfs") {
    throw unsupported(`the volume type "${type}" needs a mount that an ordinary user may not make`);
  } else if (type === undefined && options["device"] !== undefined) {
    throw unsupported(`the volume option "device" needs a "type"`);
  } else if (type === undefined) {
    const stranger = words(options).find((word) => !/^(uid|gid)=\d+$|^(no)?copy$|^noquota$/.test(word));
    if (stranger !== undefined) throw unsupported(`the volume option "o=${stranger}" ${/^(size|inodes)=/.test(stranger) ? "needs quotas, which an ordinary user may not set" : `needs a "type"`}`);
  }
}

function words(options: Readonly<Record<string, string>>): string[] {
  return (options["o"] ?? "").split(",").filter((word) => word !== "");
}

/** Who is to own a new volume's directory, by `o=uid=…,gid=…`; undefined: the container's root, or whoever the image's directory belongs to. */
export function volumeOwner({ options }: Pick<VolumeRecord, "options">): { readonly uid: number; readonly gid: number } | undefined {
  if (isBind(options) || options["type"] !== undefined) return undefined;
  const number = (key: string): number | undefined => words(options).map((word) => new RegExp(`^${key}=(\\d+)$`).exec(word)?.[1]).filter((text) => text !== undefined).map(Number).at(-1);
  const uid = number("uid"), gid = number("gid");
  return uid === undefined && gid === undefined ? undefined : { uid: uid ?? 0, gid: gid ?? 0 };
}

/** Whether a volume is a name for a directory of the host. */
export function isBind(options: Readonly<Record<string, string>>): boolean {
  return ["none", "bind"].includes(options["type"] ?? "none") && (options["o"] ?? "").split(",").some((word) => word === "bind" || word === "rbind");
}

function unsupported(message: string): CalaError {
  return new CalaError("volume-option-unsupported", message, { hint: "use --opt type=tmpfs,… or --opt type=none --opt o=bind --opt device=DIR" });
}

/** Gives a volume whose record is lost a new one; what the old one said of labels and options is lost. */
export function remakeVolumeRecord(dirs: Dirs, name: string): void {
  const record: VolumeRecord = { version: 1, name, driver: "local", createdAt: timestamp(), labels: {}, options: {}, anonymous: false };
  mkdirSync(join(volumeDir(dirs, name), "data"), { recursive: true, mode: 0o755 });
  writeJson(join(volumeDir(dirs, name), "record.json"), record, { durable: true });
}
