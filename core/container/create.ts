import { mkdirSync } from "node:fs";
import { CalaError, reasonOf } from "../base/error.ts";
import { newId } from "../base/id.ts";
import { timestamp } from "../base/clock.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { withLock } from "../lock/lock.ts";
import { withStore } from "../storage/with-store.ts";
import { plannedMounts } from "../spec/mounts.ts";
import { processArgs, stopSignalName, stopTimeoutSeconds } from "../spec/process.ts";
import type { ContainerRequest } from "../spec/request.ts";
import { withSystemd } from "../spec/systemd.ts";
import { validateRequest } from "../spec/validate.ts";
import { chooseDriver } from "../storage/choose-driver.ts";
import { directory } from "../storage/drivers/directory.ts";
import { containerEvent } from "./events.ts";
import { discardContainer } from "./discard.ts";
import type { ContainerImage } from "./image.ts";
import { prepareLaunch } from "./launch.ts";
import { findImageMounts, takeVolumes } from "./mounts.ts";
import { withVolumesOf } from "./volumes-from.ts";
import { randomName } from "./random-name.ts";
import type { ContainerRecord } from "./record.ts";
import { nameInUse } from "./rename.ts";
import { withSecrets } from "./secrets.ts";
import { findContainer, reserveName } from "./store.ts";
import { decideIdentity, movedIds } from "./user-namespace.ts";

/** What a container begins with that is a copy of another one. */
export interface Copying {
  /** Absent: it is no copy of one that is here. */
  readonly original?: ContainerRecord;
  /** Puts into its directory what both share. */
  readonly seed?: (dir: string) => void;
}

/**
 * Makes a container from a request and an image that is here. The container is there as a whole, record last, or not at all.
 * With `purpose: "start"` its launch is prepared for `startContainer(…, { prepared: true })` in this same process.
 * @throws CalaError `name-in-use`, and those of what it needs (options, volumes, networks, storage)
 */
export async function createContainer(engine: Engine, asked: ContainerRequest, image: ContainerImage, purpose: "create" | "start", copying?: Copying): Promise<ContainerRecord> {
  const id = newId();
  const request = completeRequest(engine, asked, image, id);
  validateRequest(request);
  for (const name of request.requires ?? []) findContainer(engine.dirs, name);
  const dir = containerDir(engine.dirs, id);
  // Shared: whoever removes layers waits until the record says which ones are needed.
  return await withStore(engine.dirs, "shared", async () => {
    makeDirectory(dir);
    return await withLock("container", containerFiles.lock(dir), "exclusive", async () => {
      let draft = draftRecord(request, image, id);
      try {
        copying?.seed?.(dir);
        draft = { ...draft, name: takeName(engine, request.name, id) };
        draft = await withSecrets(engine, draft, copying?.original);
        const identity = await decideIdentity(engine, draft);
        if (identity !== undefined) draft = { ...draft, identity };
        draft = { ...draft, storageDriver: request.rootfs?.overlay === false ? directory.name : (await chooseDriver(engine, movedIds(draft) !== undefined)).name };
        const mounts = plannedMounts(request.mounts, image.defaults, request.imageVolumes);
        draft = { ...draft, volumes: takeVolumes(engine, mounts) };
        const imageMounts = await findImageMounts(engine, mounts);
        if (imageMounts.length > 0) draft = { ...draft, imageMounts };
        const facts = await prepareLaunch(engine, draft, purpose);
        const record = { ...draft, ports: facts.ports, networkMode: facts.networkMode };
        writeJson(containerFiles.record(dir), record);
        containerEvent(engine, record, "create");
        return record;
      } catch (error) {
        await discardContainer(engine, draft);
        throw error;
      }
    });
  });
}

/** What follows from other containers and from the image. */
function completeRequest(engine: Engine, request: ContainerRequest, image: ContainerImage, id: string): ContainerRequest {
  const complete = withSystemd(withVolumesOf(engine, request), processArgs(request, image.defaults), id);
  const profile = request.seccompOfImage === true ? image.defaults.Labels?.["io.containers.seccomp.profile"] : undefined;
  return profile === undefined || request.security.seccomp !== "default" ? complete : { ...complete, security: { ...complete.security, seccomp: profile } };
}

function makeDirectory(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o711 });
  } catch (error) {
    throw new CalaError("directory-unusable", `cannot make the directory "${dir}": ${reasonOf(error)}`, { cause: error, hint: "cala info" });
  }
}

function takeName(engine: Engine, wanted: string | undefined, id: string): string {
  if (wanted !== undefined) {
    if (!reserveName(engine.dirs, wanted, id)) throw nameInUse(engine, wanted);
    return wanted;
  }
  for (let attempt = 0; ; attempt += 1) {
    const name = randomName(attempt);
    if (reserveName(engine.dirs, name, id)) return name;
  }
}

function draftRecord(request: ContainerRequest, image: ContainerImage, id: string): ContainerRecord {
  const { record, defaults } = image;
  return {
    version: 1, id, name: "", createdAt: timestamp(),
    imageId: record.id, imageName: image.name,
    image: { digest: record.manifestDigest, layers: record.layers.map((layer) => layer.diffId), defaults },
    storageDriver: "", request, networkMode: "", ports: [], volumes: [],
    entrypoint: request.entrypoint ?? defaults.Entrypoint ?? [],
    cmd: request.command.length > 0 ? request.command : request.entrypoint === undefined ? defaults.Cmd ?? [] : [],
    args: processArgs(request, defaults),
    labels: { ...defaults.Labels, ...request.labels },
    stopSignal: stopSignalName(request, defaults),
    stopTimeoutSeconds: stopTimeoutSeconds(request),
  };
}
