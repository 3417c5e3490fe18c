/** Unpacks a layer into the store: hashed and decompressed here, unpacked by the native program, there as a whole or not at all. */
import { createHash, type Hash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, renameSync } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { timestamp } from "../base/clock.ts";
import { CalaError, isErrno, messageOf } from "../base/error.ts";
import { ensureDir } from "../dirs/dirs.ts";
import { layersDir } from "../dirs/paths.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { errorOfWords, hasSingleId, spawnInNamespace, type NamespaceProcess, type NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import { removeTrees } from "../idmap/remove-trees.ts";
import type { Digest } from "../oci/digest.ts";
import { sniffBytes, sniffPacking, unpacking } from "./compression.ts";
import { hasLayer, layerFiles, layerHome, requireLayerRecord, type LayerRecord } from "./record.ts";
import { makeStaging, sweepStaging } from "./staging.ts";
import { noteUnsynced } from "./unsynced.ts";

/** What is known of a layer before its bytes arrive; everything given is verified. */
export interface ApplyExpectation {
  readonly diffId?: Digest;
  /** Of the bytes as delivered. */
  readonly digest?: Digest;
  /** Of the bytes as delivered. */
  readonly sizeBytes?: number;
  readonly signal?: AbortSignal;
  /** Told the diff id before the layer goes into its place, so that it can be pinned. */
  readonly onDiffId?: (diffId: Digest) => Promise<void>;
  /** Against bombs; 10 million entries and 1 TiB unless given. */
  readonly maxEntries?: number;
  readonly maxBytes?: number;
}

/** What a stored layer turned out to be. */
export interface AppliedLayer {
  readonly diffId: Digest;
  /** Of the bytes as delivered. */
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly record: LayerRecord;
  /** The store had it before. */
  readonly alreadyThere: boolean;
}

interface NativeStatistics {
  readonly entries: number;
  readonly bytes: number;
  readonly unpackedBytes: number;
  readonly skippedDevices: number;
  readonly skippedAttributes: number;
}

interface Sums {
  readonly packed: Hash;
  readonly plain: Hash;
  packedBytes: number;
  /** The bytes came as a plain tar: one sum serves for both digests. */
  isPlain: boolean;
  /** What the source of the bytes threw: the cause of everything that follows. */
  sourceError?: unknown;
}

const mostEntries = 10_000_000;
const mostBytes = 2 ** 40;
/** No gzip unpacks to more than 1032 times its size; a layer of zeros may be better packed, but not without end. */
const mostGrowth = 1100;
const alwaysAllowedBytes = 4 * 2 ** 30;

/** How long the tar of a layer may be, all headers and padding included. */
function tarLimit(expect: ApplyExpectation): number {
  const most = expect.maxBytes ?? mostBytes;
  return expect.sizeBytes === undefined ? most : Math.min(most, alwaysAllowedBytes + expect.sizeBytes * mostGrowth);
}

/**
 * Stores a layer from its packed or plain bytes. The caller has pinned the layer, or holds the store lock (shared), until an image
 * or container refers to it. After a failure or an abort nothing is left; after SIGKILL only a staging directory (`sweepStaging`).
 * @throws CalaError `digest-mismatch`, `layer-invalid`, `layer-escapes`, `layer-id-unmapped`, `layer-too-large`, `tar-malformed`,
 * `tar-truncated`, `layer-write-failed`
 */
export async function applyLayer(site: NamespaceSite, stream: AsyncIterable<Uint8Array>, expect: ApplyExpectation = {}): Promise<AppliedLayer> {
  // What a killed command left takes room that this one may need.
  await sweepStaging(site).catch(() => undefined);
  const staging = makeStaging(site.dirs, "layer");
  try {
    return await applyInto(site, staging, stream, expect);
  } finally {
    // After success the directory has its new name, or held a layer that was there already.
    if (existsSync(staging)) await removeTrees(site, [staging]).catch((error: unknown) => {
      if (expect.signal?.aborted !== true) throw error;
    });
  }
}

async function applyInto(site: NamespaceSite, staging: string, stream: AsyncIterable<Uint8Array>, expect: ApplyExpectation): Promise<AppliedLayer> {
  const sums: Sums = { packed: createHash("sha256"), plain: createHash("sha256"), packedBytes: 0, isPlain: false };
  const statistics = await unpack(site, staging, stream, expect, sums);
  const digest: Digest = `sha256:${sums.packed.digest("hex")}`;
  const diffId: Digest = sums.isPlain ? digest : `sha256:${sums.plain.digest("hex")}`;
  checkDigest("layer", expect.digest, digest);
  checkSize(expect.sizeBytes, sums.packedBytes);
  checkDigest("unpacked layer", expect.diffId, diffId);
  const record: LayerRecord = {
    version: 1, diffId, sizeBytes: statistics.bytes, unpackedBytes: statistics.unpackedBytes, entries: statistics.entries,
    skippedDevices: statistics.skippedDevices, skippedAttributes: statistics.skippedAttributes, createdAt: timestamp(),
  };
  writeJson(layerFiles.record(staging), record);
  await expect.onDiffId?.(diffId);
  const alreadyThere = !moveIntoPlace(site, staging, diffId);
  return { diffId, digest, sizeBytes: sums.packedBytes, record: alreadyThere ? requireLayerRecord(site.dirs, diffId) : record, alreadyThere };
}

/** False when the layer was there before. */
function moveIntoPlace(site: NamespaceSite, staging: string, diffId: Digest): boolean {
  if (hasLayer(site.dirs, diffId)) return false;
  ensureDir(layersDir(site.dirs));
  noteUnsynced(site.dirs, diffId);
  try {
    renameSync(staging, layerHome(site.dirs, diffId));
    return true;
  } catch (error) {
    if (isErrno(error, "ENOTEMPTY", "EEXIST")) return false;
    throw error;
  }
}

async function unpack(site: NamespaceSite, staging: string, stream: AsyncIterable<Uint8Array>, expect: ApplyExpectation, sums: Sums): Promise<NativeStatistics> {
  const limits = ["--max-entries", String(expect.maxEntries ?? mostEntries), "--max-bytes", String(expect.maxBytes ?? mostBytes)];
  const native = startUnpacking(site, staging, limits);
  let printed = "";
  native.child.stdout?.setEncoding("utf8").on("data", (text: string) => { printed += text; });
  const stdin = native.child.stdin;
  if (stdin === null) throw new CalaError("native-missing", "cala's native program has no standard input");
  let failure: unknown;
  try {
    await feed(stream, stdin, expect, sums);
  } catch (error) {
    failure = error;
    if (!isBrokenPipe(error) || expect.signal?.aborted === true || sums.sourceError !== undefined) native.child.kill("SIGKILL");
  }
  const status = await native.ended;
  // A native program that gave up early closes its input: what it said is the cause, not the broken pipe. Everything else that
  // goes wrong on the way cuts the archive short for it.
  if (sums.sourceError !== undefined) throw asLayerError(sums.sourceError);
  if (expect.signal?.aborted === true) throw failure ?? expect.signal.reason;
  if (failure !== undefined && !isBrokenPipe(failure)) throw asLayerError(failure);
  if (status !== 0 && native.words() !== "") throw errorOfWords(native.words(), "layer-invalid", "cannot unpack the layer");
  if (failure !== undefined) throw asLayerError(failure);
  if (status !== 0) throw new CalaError("layer-invalid", `cannot unpack the layer: the native program ended with status ${status}`);
  return JSON.parse(printed) as NativeStatistics;
}

function isBrokenPipe(error: unknown): boolean {
  return isErrno(error, "EPIPE", "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED", "ABORT_ERR");
}

/** Starts to unpack the tar that is to be written to its standard input into a staging directory. */
export function startUnpacking(site: NamespaceSite, staging: string, options: readonly string[]): NamespaceProcess {
  const diff = layerFiles.diff(staging);
  mkdirSync(diff, { mode: 0o755 });
  const split = openSync(layerFiles.split(staging), "wx", 0o600);
  try {
    const argv = ["cala-native", "layer-apply", diff, "3", ...options, ...(hasSingleId(site) ? ["--single-id"] : [])];
    return spawnInNamespace(site, argv, "pipe", [split]);
  } finally {
    closeSync(split);
  }
}

async function feed(stream: AsyncIterable<Uint8Array>, stdin: NodeJS.WritableStream, expect: ApplyExpectation, sums: Sums): Promise<void> {
  const counted = countPacked(stream, expect, sums);
  const { head, rest } = await readHead(counted);
  const packing = sniffPacking(head);
  sums.isPlain = packing === "none";
  const steps = unpacking(packing);
  const limit = tarLimit(expect);
  let plainBytes = 0;
  const hashed = async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      plainBytes += chunk.length;
      if (plainBytes > limit) throw new CalaError("layer-too-large", `the layer unpacks to more than ${limit} bytes`);
      if (!sums.isPlain) sums.plain.update(chunk);
      yield chunk;
    }
  };
  await pipeline(rest, steps as Readable & NodeJS.ReadWriteStream, hashed, stdin, expect.signal === undefined ? {} : { signal: expect.signal });
}

async function* countPacked(stream: AsyncIterable<Uint8Array>, expect: ApplyExpectation, sums: Sums): AsyncGenerator<Uint8Array> {
  for await (const chunk of watched(stream, sums)) {
    expect.signal?.throwIfAborted();
    sums.packed.update(chunk);
    sums.packedBytes += chunk.length;
    if (expect.sizeBytes !== undefined && sums.packedBytes > expect.sizeBytes) checkSize(expect.sizeBytes, sums.packedBytes);
    yield chunk;
  }
}

async function* watched(stream: AsyncIterable<Uint8Array>, sums: Sums): AsyncGenerator<Uint8Array> {
  const source = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await source.next().catch((error: unknown) => {
        sums.sourceError = error;
        throw error;
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    if (sums.sourceError === undefined) await source.return?.();
  }
}

async function readHead(stream: AsyncGenerator<Uint8Array>): Promise<{ readonly head: Uint8Array; readonly rest: AsyncIterable<Uint8Array> }> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < sniffBytes) {
    const next = await stream.next();
    if (next.done === true) break;
    head = head.length === 0 ? Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length) : Buffer.concat([head, next.value]);
  }
  const rest = async function* (): AsyncGenerator<Uint8Array> {
    if (head.length > 0) yield head;
    yield* stream;
  };
  return { head, rest: rest() };
}

function checkDigest(what: string, expected: Digest | undefined, actual: Digest): void {
  if (expected === undefined || expected === actual) return;
  throw new CalaError("digest-mismatch", `the ${what} has the digest "${actual}" and should have "${expected}": it is damaged or was changed on its way`);
}

function checkSize(expected: number | undefined, actual: number): void {
  if (expected === undefined || expected === actual) return;
  throw new CalaError("digest-mismatch", `the layer has ${actual > expected ? "more than " : ""}${actual > expected ? expected : actual} bytes and should have ${expected}`);
}

function asLayerError(error: unknown): unknown {
  if (error instanceof CalaError || (error instanceof Error && error.name === "AbortError")) return error;
  const isPacking = error instanceof Error && "code" in error && typeof error.code === "string" && /^Z_/.test(error.code);
  return isPacking ? new CalaError("layer-invalid", `the layer's compressed bytes are damaged: ${messageOf(error)}`, { cause: error }) : error;
}
