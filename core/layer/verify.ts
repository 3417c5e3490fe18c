/** Whether a stored layer is what it was: its tar is put together again, which proves split file and contents, and unpacked again, which proves the tree. */
import { existsSync, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { CalaError, messageOf } from "../base/error.ts";
import { errorOfWords, spawnInNamespace, type NamespaceProcess, type NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import { removeTrees } from "../idmap/remove-trees.ts";
import type { Digest } from "../oci/digest.ts";
import { startUnpacking } from "./apply.ts";
import { assembleLayer } from "./assemble.ts";
import { layerFiles, layerHome, readLayerRecord } from "./record.ts";
import { makeStaging } from "./staging.ts";

/** What is wrong with a layer. With `tree`, its tar can still be put together: no registry is needed to mend it. */
export interface LayerFault {
  readonly kind: "record" | "content" | "tree";
  /** A sentence without a full stop. */
  readonly reason: string;
}

interface Difference {
  readonly path: string;
  readonly state: "missing" | "foreign" | "changed";
  readonly what?: string;
}

/** Everything wrong with one layer. `quick` reads neither contents nor the tree. */
export async function verifyLayer(site: NamespaceSite, diffId: Digest, quick: boolean): Promise<LayerFault[]> {
  const home = layerHome(site.dirs, diffId);
  const fault = recordFault(site, diffId);
  if (fault !== undefined) return [fault];
  const missing = [layerFiles.diff(home), layerFiles.split(home)].find((path) => !existsSync(path));
  if (missing !== undefined) return [{ kind: "content", reason: `"${missing}" is missing` }];
  if (quick) return statSync(layerFiles.split(home)).size === 0 ? [{ kind: "content", reason: `"${layerFiles.split(home)}" is empty` }] : [];
  return await compareWithTar(site, diffId, home);
}

function recordFault(site: NamespaceSite, diffId: Digest): LayerFault | undefined {
  try {
    const record = readLayerRecord(site.dirs, diffId);
    if (record === undefined) return { kind: "record", reason: "it has no record" };
    const isRight = record.version === 1 && record.diffId === diffId && Number.isSafeInteger(record.sizeBytes) && Number.isSafeInteger(record.entries);
    return isRight ? undefined : { kind: "record", reason: "its record is another layer's, or damaged" };
  } catch (error) {
    return { kind: "record", reason: messageOf(error) };
  }
}

async function compareWithTar(site: NamespaceSite, diffId: Digest, home: string): Promise<LayerFault[]> {
  const staging = makeStaging(site.dirs, "check");
  try {
    const fault = await unpackAgain(site, diffId, staging);
    if (fault !== undefined) return [fault];
    const differences = await compareTrees(site, layerFiles.diff(staging), layerFiles.diff(home));
    return differences.map((difference) => ({ kind: "tree", reason: wordsOf(difference) }));
  } finally {
    await removeTrees(site, [staging]);
  }
}

/** Files get their sizes only: what they contain is proved by the digest of the tar. */
async function unpackAgain(site: NamespaceSite, diffId: Digest, staging: string): Promise<LayerFault | undefined> {
  const native = startUnpacking(site, staging, ["--hollow"]);
  native.child.stdout?.resume();
  const { stdin } = native.child;
  if (stdin === null) throw new CalaError("native-missing", "cala's native program has no standard input");
  let failure: unknown;
  try {
    await pipeline(assembleLayer(site, diffId), stdin);
  } catch (error) {
    failure = error;
  }
  return await faultOf(native, failure);
}

async function faultOf(native: NamespaceProcess, failure: unknown): Promise<LayerFault | undefined> {
  if (failure instanceof CalaError) {
    native.child.kill("SIGKILL");
    await native.ended;
    return { kind: "content", reason: failure.message };
  }
  if (await native.ended === 0 && failure === undefined) return undefined;
  const error = errorOfWords(native.words(), "layer-invalid", "it cannot be unpacked again");
  // The disk's fault, not the layer's.
  if (error.code === "layer-write-failed" || error.code === "native-missing") throw error;
  return { kind: "content", reason: error.message };
}

async function compareTrees(site: NamespaceSite, expected: string, actual: string): Promise<Difference[]> {
  const { child, ended, words } = spawnInNamespace(site, ["cala-native", "tree-compare", expected, actual], "ignore");
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => { text += piece; });
  if (await ended !== 0) throw errorOfWords(words(), "tree-not-read", "cannot compare the layer with its tar");
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Difference);
}

function wordsOf({ path, state, what }: Difference): string {
  if (state === "changed") return `the ${what ?? "state"} of "${path}" has changed`;
  return state === "missing" ? `"${path}" is missing from its tree` : `"${path}" does not belong to it`;
}
