/**
 * Layers of a further store that belongs to another user. Their files have that user's ids, which containers here do not have, and an
 * ordinary user can map no mount of a disk. So each layer is copied into the own store before a container stands on it: its exact tar is
 * put together from the other store, checked against its digest and unpacked anew. What cannot be read there comes from the registry that
 * the image's name leads to.
 */
import { existsSync, statSync } from "node:fs";
import { CalaError, messageOf } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import type { Engine } from "../engine.ts";
import { layerFiles, layerHome } from "../layer/record.ts";
import type { Digest } from "../oci/digest.ts";
import { withPin } from "../storage/pins.ts";
import type { ImageRecord } from "./image-record.ts";

type LayeredImage = Pick<ImageRecord, "id" | "layers" | "manifestDigest">;

/**
 * Copies what of an image's layers belongs to another user. Nothing is done, and nothing loaded, where there are no further stores. The
 * copies stay as long as the image is in the other store or a container needs them.
 * @throws CalaError `store-unreadable`
 */
export async function ownLayers(engine: Engine, image: LayeredImage): Promise<void> {
  const { imageStores, ...own } = engine.dirs;
  if (imageStores === undefined) return;
  const foreign = [...new Set(image.layers.map(({ diffId }) => diffId))].filter((diffId) => isForeign(engine.dirs, diffId));
  if (foreign.length === 0) return;
  engine.notice(`image "${image.id.slice(0, 12)}" is in another user's store: ${foreign.length === 1 ? "one layer is" : `${foreign.length} layers are`} copied into your own, once`);
  await withPin(own, foreign, async () => {
    for (const diffId of foreign) await copyLayer(engine, own, image, diffId);
  });
}

function isForeign(dirs: Dirs, diffId: Digest): boolean {
  const tree = layerFiles.diff(layerHome(dirs, diffId));
  return existsSync(tree) && statSync(tree).uid !== process.getuid?.();
}

async function copyLayer(engine: Engine, own: Dirs, image: LayeredImage, diffId: Digest): Promise<void> {
  const [{ applyLayer }, { assembleLayer }] = await Promise.all([import("../layer/apply.ts"), import("../layer/assemble.ts")]);
  try {
    await applyLayer({ dirs: own, env: engine.env }, assembleLayer(engine, diffId), { diffId, digest: diffId });
  } catch (error) {
    if (!(error instanceof CalaError) || error.code === "layer-write-failed") throw error;
    await pullAgain({ ...engine, dirs: own }, image, { names: await namesOf(engine, image.id), reason: `layer "${diffId}" cannot be read from the other user's store: ${error.message}` });
  }
}

async function namesOf(engine: Engine, id: string): Promise<string[]> {
  const { tagsOf } = await import("./image-store.ts");
  return tagsOf(engine.dirs, id).map(({ reference }) => reference).filter((reference) => !reference.startsWith("localhost/"));
}

/** The very image from the registry of any of its names; what of it has been copied already is not fetched. */
async function pullAgain(engine: Engine, image: LayeredImage, { names, reason }: { readonly names: readonly string[]; readonly reason: string }): Promise<void> {
  const [{ pullReference }, { imageEngine }, { loadRegistriesConfig }, { parseReference, pinned }] = await Promise.all([
    import("./pull.ts"), import("./open.ts"), import("../config/registries-conf.ts"), import("../oci/reference.ts"),
  ]);
  let failure = "it has no name in a registry";
  for (const name of names) {
    try {
      await pullReference(imageEngine(engine), await loadRegistriesConfig(engine.env), pinned(parseReference(name), image.manifestDigest), { name, policy: "always" });
      return;
    } catch (error) {
      failure = messageOf(error);
    }
  }
  throw new CalaError("store-unreadable", `${reason}; nor can the image be pulled: ${failure}`, { hint: "that user can make the store readable: cala unshare chmod -R a+rX STORE" });
}
