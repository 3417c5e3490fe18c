import { CalaError } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import type { ImageRecord } from "../image/image-record.ts";
import { settle } from "../storage/chain.ts";
import { withStore } from "../storage/with-store.ts";
import { createContainer } from "./create.ts";
import type { ContainerRecord } from "./record.ts";
import { sharedChain } from "./snapshot.ts";

/**
 * Makes a container with the options and the files of another one, sharing what both have. Named volumes are shared as they are, anonymous
 * ones are new. @throws CalaError `name-in-use`, `container-state-improper`, `snapshot-unsupported`, `fork-unsupported`
 */
export async function forkContainer(engine: Engine, record: ContainerRecord, name: string): Promise<ContainerRecord> {
  if (record.identity?.mode.startsWith("auto") === true) {
    throw new CalaError("fork-unsupported", `cannot fork the container "${record.name}": with --userns=auto the new one would have other ids than the files that they share`, { hint: `cala commit ${record.name} IMAGE, then cala create --userns=auto IMAGE` });
  }
  // Held over both steps: between them only the original names what is shared.
  return await withStore(engine.dirs, "shared", async () => {
    const chain = await sharedChain(engine, record);
    const request = { ...record.request, name, remove: false };
    return await createContainer({ ...engine, storageDriver: record.storageDriver }, request, imageOf(record), "create", { original: record, seed: (dir) => settle(dir, { chain, tags: [] }) });
  });
}

/** The image as the container knows it: its layers are there as long as the container is, its record may be gone. */
function imageOf(record: ContainerRecord): { readonly record: Pick<ImageRecord, "id" | "manifestDigest" | "layers">; readonly name: string; readonly defaults: ContainerRecord["image"]["defaults"] } {
  const layers = record.image.layers.map((diffId) => ({ diffId, digest: diffId, sizeBytes: 0, mediaType: "" })) as unknown as ImageRecord["layers"];
  return { record: { id: record.imageId, manifestDigest: record.image.digest as ImageRecord["manifestDigest"], layers }, name: record.imageName, defaults: record.image.defaults };
}
