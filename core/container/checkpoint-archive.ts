/**
 * A checkpoint as one archive: `cala.json`, CRIU's files, what the container changed in its image (a layer's tar), and its volumes.
 * What is restored from one runs as the user who restores it: an archive is to be trusted like a program.
 */
import { closeSync, createReadStream, createWriteStream, existsSync, lstatSync, mkdirSync, openSync, readlinkSync, readSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CalaError } from "../base/error.ts";
import { shortId } from "../base/id.ts";
import { containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { namesIn } from "../fs/list-names.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { plainArchive } from "../image/spool.ts";
import { indexTar, type TarMember } from "../image/tar-index.ts";
import { tarEnd, tarHeader, tarPadding } from "../image/tar-writer.ts";
import { archiveTree, type FileTree } from "../image/transports/tree.ts";
import { applyLayer } from "../layer/apply.ts";
import { packer } from "../layer/compression.ts";
import { tarOfChanges } from "../layer/diff.ts";
import { stagingPath } from "../layer/staging.ts";
import type { Compression } from "../oci/media-types.ts";
import type { ContainerRequest, PortRequest } from "../spec/request.ts";
import { withStore } from "../storage/with-store.ts";
import { readVolume } from "../volume/record.ts";
import { readCheckpointFacts, type CheckpointFacts } from "./checkpoint-facts.ts";
import { createContainer } from "./create.ts";
import { discardContainer } from "./discard.ts";
import { findLocalImage, obtainImage, type ContainerImage, type ObtainOptions } from "./image.ts";
import type { ContainerRecord } from "./record.ts";
import { containerTrees, launchPlaces } from "./trees.ts";
import { exportVolume, importVolume } from "./volume-archive.ts";

/** What is left out, and how it is packed. */
export interface ArchiveRequest {
  readonly ignoreRootfs: boolean;
  readonly ignoreVolumes: boolean;
  readonly packing: Compression;
}

/** What a container from an archive is otherwise than the saved one. */
export interface ImportRequest {
  readonly name?: string;
  readonly ignoreRootfs: boolean;
  readonly ignoreVolumes: boolean;
  readonly ignoreStaticIp: boolean;
  readonly ignoreStaticMac: boolean;
  /** In the place of the saved one's. */
  readonly ports?: readonly PortRequest[];
  readonly obtain: ObtainOptions;
  readonly signal: AbortSignal;
}

interface Manifest {
  readonly version: 1;
  readonly record: Pick<ContainerRecord, "id" | "name" | "imageId" | "imageName" | "image" | "request" | "volumes">;
  readonly facts: CheckpointFacts;
}

const manifestName = "cala.json";
const changesName = "rootfs-diff.tar";
const parts = ["checkpoint", "pre-checkpoint"] as const;
const largestManifestBytes = 16 << 20;
/** What the eleven octal digits of a header hold. */
const mostBytes = 8 * 2 ** 30 - 1;

/** The archive of a container that stands still, whose checkpoint is in its directory. */
export function checkpointArchive(engine: Engine, record: ContainerRecord, dir: string, request: ArchiveRequest): Readable {
  const plain = Readable.from(membersOf(engine, record, dir, request), { objectMode: false });
  if (request.packing === "none") return plain;
  const packed = packer(request.packing);
  plain.on("error", (error) => packed.destroy(error));
  return plain.pipe(packed);
}

async function* membersOf(engine: Engine, record: ContainerRecord, dir: string, request: ArchiveRequest): AsyncGenerator<Buffer> {
  const { id, name, imageId, imageName, image, request: asked, volumes } = record;
  const facts = readCheckpointFacts(dir);
  if (facts === undefined) throw new CalaError("checkpoint-unknown", `the container "${name}" has no checkpoint`);
  const manifest = Buffer.from(JSON.stringify({ version: 1, record: { id, name, imageId, imageName, image, request: asked, volumes }, facts } satisfies Manifest));
  yield Buffer.concat([tarHeader(manifestName, manifest.length), manifest, tarPadding(manifest.length)]);
  for (const part of parts) {
    for (const each of namesIn(join(dir, part))) {
      const path = join(dir, part, each);
      if (lstatSync(path).isSymbolicLink()) yield tarHeader(`${part}/${each}`, 0, "symlink", readlinkSync(path));
      else yield* fileMember(path, `${part}/${each}`);
    }
  }
  if (!request.ignoreRootfs) {
    const { own, image: base, ids } = containerTrees(engine, record);
    yield* streamMember(engine, tarOfChanges(engine, { above: own, ids, base, leaveEmpty: launchPlaces }), changesName);
  }
  if (!request.ignoreVolumes) for (const [index, volume] of volumes.entries()) yield* streamMember(engine, exportVolume(engine, volume.name), `volumes/${index}.tar`);
  yield tarEnd();
}

async function* fileMember(path: string, name: string): AsyncGenerator<Buffer> {
  const { size } = statSync(path);
  if (size > mostBytes) throw new CalaError("archive-too-large", `"${name}" of the checkpoint has ${size} bytes, and an archive takes ${mostBytes} in one file`);
  yield tarHeader(name, size, "file", "", 0o600);
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) yield piece as Buffer;
  yield tarPadding(size);
}

/** Its size comes first, so it goes through a file. */
async function* streamMember(engine: Engine, stream: Readable, name: string): AsyncGenerator<Buffer> {
  const file = stagingPath(engine.dirs, "checkpoint");
  try {
    await pipeline(stream, createWriteStream(file, { mode: 0o600, flags: "wx" }));
    yield* fileMember(file, name);
  } finally {
    rmSync(file, { force: true });
  }
}

/** Makes a container of an archive, with its checkpoint in it; it is not started. @throws CalaError `archive-invalid`, `image-differs`, `volume-exists`, those of `createContainer` */
export async function importCheckpoint(engine: Engine, path: string, wanted: ImportRequest): Promise<ContainerRecord> {
  const archive = await plainArchive(engine.dirs, path, wanted.signal);
  try {
    const tree = archiveTree(archive.file, path);
    const manifest = await readManifest(tree, path);
    const { record: saved } = manifest;
    const volumes = wanted.ignoreVolumes ? [] : saved.volumes.flatMap((volume, index) => (tree.has(`volumes/${index}.tar`) ? [{ ...volume, index }] : []));
    const taken = volumes.find((volume) => !volume.anonymous && readVolume(engine.dirs, volume.name) !== undefined);
    if (taken !== undefined) throw new CalaError("volume-exists", `the archive has the volume "${taken.name}", and there is one here already`, { hint: `cala container restore --ignore-volumes --import ${path}` });
    const image = await imageOf(engine, saved, wanted.obtain);
    return await withStore(engine.dirs, "shared", async () => {
      const hasChanges = !wanted.ignoreRootfs && tree.has(changesName);
      const layer = hasChanges ? (await applyLayer(engine, tree.open(changesName), { signal: wanted.signal })).diffId : undefined;
      const layers = [...image.record.layers, ...(layer === undefined ? [] : [{ diffId: layer, digest: layer, sizeBytes: 0, mediaType: "" }])] as ContainerImage["record"]["layers"];
      const record = await createContainer(engine, requestOf(saved, wanted), { ...image, record: { ...image.record, layers } }, "create", { seed: (dir) => unpackCheckpoint(archive.file, dir, manifest.facts) });
      try {
        for (const volume of volumes) {
          const own = record.volumes.find(({ target }) => target === volume.target);
          if (own !== undefined) await importVolume(engine, own.name, tree.open(`volumes/${volume.index}.tar`), wanted.signal);
        }
        return record;
      } catch (error) {
        await discardContainer(engine, record);
        throw error;
      }
    });
  } finally {
    archive.release();
  }
}

async function readManifest(tree: FileTree, path: string): Promise<Manifest> {
  const manifest = tree.has(manifestName) ? parseManifest(await tree.read(manifestName, largestManifestBytes)) : undefined;
  if (manifest?.version !== 1) throw new CalaError("archive-invalid", `the archive "${path}" is no checkpoint of cala's`, { hint: "cala container checkpoint --export FILE makes one" });
  return manifest;
}

function parseManifest(bytes: Uint8Array): Manifest | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as Manifest;
  } catch {
    return undefined;
  }
}

/** The very image: processes have its files open. */
async function imageOf(engine: Engine, saved: Manifest["record"], obtain: ObtainOptions): Promise<ContainerImage> {
  const wish = { ...saved.request, pull: "missing" as const };
  const image = await findLocalImage(engine, { ...wish, image: saved.imageId }) ?? await findLocalImage(engine, wish) ?? await obtainImage(engine, { ...wish, image: saved.imageName }, obtain);
  const layers = image.record.layers.map(({ diffId }) => diffId);
  // Of a container that came from an archive itself, the last of its layers are in the changes no more: they must be here.
  if (layers.join() !== saved.image.layers.slice(0, layers.length).join()) throw new CalaError("image-differs", `the image "${saved.imageName}" here is another than the one that the container was saved with`, { hint: `cala pull ${saved.imageName}@${saved.image.digest}` });
  return { ...image, name: saved.imageName, record: { ...image.record, layers: [...image.record.layers, ...saved.image.layers.slice(layers.length).map((diffId) => ({ diffId, digest: diffId, sizeBytes: 0, mediaType: "" }))] as ContainerImage["record"]["layers"] } };
}

function requestOf(saved: Manifest["record"], wanted: ImportRequest): ContainerRequest {
  const { ip, ip6, macAddress, ...network } = saved.request.network;
  return {
    ...saved.request, name: wanted.name ?? saved.name, hostname: saved.request.hostname ?? shortId(saved.id),
    network: {
      ...network, ...(wanted.ignoreStaticIp ? {} : { ...(ip === undefined ? {} : { ip }), ...(ip6 === undefined ? {} : { ip6 }) }), ...(wanted.ignoreStaticMac || macAddress === undefined ? {} : { macAddress }),
      ...(wanted.ports === undefined ? {} : { ports: wanted.ports, publishAll: false }),
    },
  };
}

function unpackCheckpoint(file: string, dir: string, facts: CheckpointFacts): void {
  const members = indexTar(file);
  for (const part of parts) {
    const own = [...members.values()].filter((member) => member.name.startsWith(`${part}/`));
    if (own.length > 0) mkdirSync(join(dir, part), { mode: 0o700 });
    for (const member of own) {
      const target = join(dir, part, basename(member.name));
      if (member.kind === "link" && member.target === "../pre-checkpoint") symlinkSync(member.target, target);
      else if (member.kind === "file") copyMember(file, member, target);
    }
  }
  if (!existsSync(containerFiles.checkpoint(dir))) throw new CalaError("archive-invalid", "the archive has no checkpoint in it");
  writeJson(containerFiles.checkpointFacts(dir), { ...facts, run: "" } satisfies CheckpointFacts);
}

function copyMember(file: string, member: TarMember, target: string): void {
  const [from, to] = [openSync(file, "r"), openSync(target, "wx", 0o600)];
  try {
    const piece = Buffer.alloc(1 << 20);
    for (let done = 0; done < member.sizeBytes; ) {
      const count = readSync(from, piece, 0, Math.min(piece.length, member.sizeBytes - done), member.offset + done);
      if (count === 0) throw new CalaError("archive-invalid", `the archive is cut off in "${member.name}"`);
      writeFileSync(to, piece.subarray(0, count));
      done += count;
    }
  } finally {
    closeSync(from);
    closeSync(to);
  }
}
