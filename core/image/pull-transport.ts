import { CalaError } from "../base/error.ts";
import type { ImageEngine } from "./engine.ts";
import { loadImages, type LoadedImage } from "./load.ts";
import type { OnProgress } from "./progress.ts";

/** An image from a place on this machine: `docker-archive:FILE[:NAME]`, `oci-archive:FILE[:NAME]`, `oci:DIRECTORY[:NAME]`, `dir:DIRECTORY`. @throws CalaError */
export async function pullTransport(engine: ImageEngine, name: string, options: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal }): Promise<LoadedImage[]> {
  const [, transport = "", place = ""] = /^([a-z-]+):(.*)$/s.exec(name) ?? [];
  const colon = transport === "dir" ? -1 : place.indexOf(":");
  const path = colon < 0 ? place : place.slice(0, colon);
  const select = colon < 0 || transport === "docker-archive" ? undefined : place.slice(colon + 1);
  if (path === "") throw new CalaError("reference-invalid", `"${name}" names no file`);
  const loaded = await loadImages(engine, { input: path, ...options, ...(select === undefined ? {} : { select }) });
  const wanted = colon < 0 ? undefined : place.slice(colon + 1);
  if (transport !== "docker-archive" || wanted === undefined) return loaded;
  return loaded.filter(({ names }) => names.some((full) => full === wanted || full.endsWith(`/${wanted}`)));
}
