import type { Readable } from "node:stream";
import type { NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import { nativeStream } from "./native-stream.ts";

/** A container's changes as a layer's tar, from its upper directory: removals are `.wh.` entries. Names sorted, times to the nanosecond. */
export function tarOfChanges(site: NamespaceSite, upper: string): Readable {
  return nativeStream(site, { argv: ["cala-native", "layer-diff", upper], what: `cannot read "${upper}"`, errorCode: "tree-not-read" });
}

/** A tree as a tar, as root of the outer user namespace sees it. */
export function tarOfTree(site: NamespaceSite, root: string): Readable {
  return nativeStream(site, { argv: ["cala-native", "tree-tar", root], what: `cannot read "${root}"`, errorCode: "tree-not-read" });
}
