import { createGzip } from "node:zlib";
import { pipeline, Transform, type Readable } from "node:stream";
import { createHash } from "node:crypto";
import { CalaError } from "../base/error.ts";
import { errorOfWords, spawnInNamespace, type NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import type { Digest } from "../oci/digest.ts";
import { layerHome, requireLayerRecord } from "./record.ts";

/** How the tar is delivered. */
export interface AssembleOptions {
  /** zlib's level; the plain tar unless given. */
  readonly gzipLevel?: number;
}

/**
 * The exact tar that a stored layer came from. The stream fails at its end if the bytes do not have the layer's diff id.
 * @throws CalaError `layer-unknown`; through the stream `layer-damaged`
 */
export function assembleLayer(site: NamespaceSite, diffId: Digest, options: AssembleOptions = {}): Readable {
  requireLayerRecord(site.dirs, diffId);
  const native = spawnInNamespace(site, ["cala-native", "layer-assemble", layerHome(site.dirs, diffId)], "ignore");
  const sum = createHash("sha256");
  const check = new Transform({
    highWaterMark: 1 << 20,
    transform: (chunk: Buffer, _encoding, done): void => {
      sum.update(chunk);
      done(null, chunk);
    },
    flush: (done): void => {
      native.ended.then((status) => {
        if (status !== 0) done(errorOfWords(native.words(), "layer-damaged", `cannot read layer "${diffId}"`));
        else if (`sha256:${sum.digest("hex")}` === diffId) done();
        else done(new CalaError("layer-damaged", `the stored layer "${diffId}" is damaged: its bytes have another digest`, { hint: "cala system check --repair" }));
      }, done);
    },
  });
  const { stdout } = native.child;
  if (stdout === null) throw new CalaError("native-missing", "cala's native program has no standard output");
  native.child.on("error", (error) => { check.destroy(error); });
  check.on("close", () => { native.child.kill("SIGKILL"); });
  const ended = (): void => undefined; // errors come out of the last stream
  const plain = pipeline(stdout, check, ended);
  return options.gzipLevel === undefined ? plain : pipeline(plain, createGzip({ level: options.gzipLevel, chunkSize: 1 << 18 }), ended);
}
