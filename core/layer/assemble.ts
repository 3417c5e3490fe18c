import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { CalaError } from "../base/error.ts";
import type { NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import type { Digest } from "../oci/digest.ts";
import { nativeStream } from "./native-stream.ts";
import { layerHome, requireLayerRecord } from "./record.ts";

/**
 * The exact tar that a stored layer came from. The stream fails at its end if the bytes do not have the layer's diff id.
 * @throws CalaError `layer-unknown`; through the stream `layer-damaged`
 */
export function assembleLayer(site: NamespaceSite, diffId: Digest): Readable {
  requireLayerRecord(site.dirs, diffId);
  const sum = createHash("sha256");
  return nativeStream(site, {
    argv: ["cala-native", "layer-assemble", layerHome(site.dirs, diffId)],
    what: `cannot read layer "${diffId}"`, errorCode: "layer-damaged",
    onBytes: (chunk) => { sum.update(chunk); },
    onEnd: () => (`sha256:${sum.digest("hex")}` === diffId ? undefined : new CalaError("layer-damaged", `the stored layer "${diffId}" is damaged: its bytes have another digest`, { hint: "cala rmi IMAGE, then cala pull IMAGE" })),
  });
}
