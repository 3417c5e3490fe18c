import { CalaError } from "../base/error.ts";
import type { TransportName } from "../oci/transport.ts";
import type { ImageEngine } from "./engine.ts";
import { loadImages, type LoadedImage } from "./load.ts";
import type { OnProgress } from "./progress.ts";

/** Whom to tell of the progress, and what ends it. */
export interface TransportOptions {
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * Images from a place on this machine: `docker-archive:FILE[:NAME]`, `oci-archive:FILE[:NAME]`, `oci:DIRECTORY[:NAME]`, `dir:DIRECTORY`,
 * `containers-storage:[[DRIVER@ROOT+RUNROOT]]NAME`.
 * @throws CalaError `transport-refused`, `image-unknown`, `archive-…`
 */
export async function pullTransport(engine: ImageEngine, { transport, place }: TransportName, options: TransportOptions): Promise<LoadedImage[]> {
  if (transport === "containers-storage") return await fromPodman(engine, place, options);
  if (transport === "docker-daemon") throw new CalaError("transport-refused", `"docker-daemon:${place}" is refused: cala talks to no daemon`, { hint: `docker save ${place} | cala load` });
  if (transport === "sif" || transport === "ostree" || transport === "atomic") throw new CalaError("transport-refused", `the transport "${transport}:" is not supported`, { hint: "use docker://, docker-archive:, oci:, oci-archive:, dir: or containers-storage:" });
  const colon = transport === "dir" ? -1 : place.indexOf(":");
  const path = colon < 0 ? place : place.slice(0, colon);
  const select = colon < 0 ? undefined : place.slice(colon + 1);
  if (path === "") throw new CalaError("reference-invalid", `"${transport}:${place}" names no file`);
  const loaded = await loadImages(engine, { input: path, ...options, ...(select === undefined || transport === "docker-archive" ? {} : { select }) });
  if (transport !== "docker-archive" || select === undefined) return loaded;
  const chosen = loaded.filter(({ names }) => names.some((full) => full === select || full.endsWith(`/${select}`) || full.endsWith(`/${select}:latest`)));
  if (chosen.length === 0) throw new CalaError("image-unknown", `"${path}" contains no image "${select}"`);
  return chosen;
}

async function fromPodman(engine: ImageEngine, place: string, options: TransportOptions): Promise<LoadedImage[]> {
  const [, store, name = place] = /^\[([^\]]*)\](.*)$/s.exec(place) ?? [];
  const root = store === undefined ? undefined : store.replace(/^[^@/]*@/, "").replace(/\+.*$/s, "");
  if (name === "") throw new CalaError("reference-invalid", `"containers-storage:${place}" names no image`);
  const { importStore } = await import("./import-store.ts");
  const { images, failures } = await importStore(engine, { images: [name], ...options, ...(root === undefined || root === "" ? {} : { path: root }) });
  if (failures[0] !== undefined) throw new CalaError("image-unknown", failures[0]);
  return [...images];
}
