/** storage.conf, of which cala uses one thing: further stores of images. Source: containers-storage.conf(5). */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Environment } from "../dirs/dirs.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { systemContainersDir, userContainersDir } from "./places.ts";

/**
 * Data directories of further stores: of CALA_IMAGE_STORES (separated by colons), then of `additionalimagestores`. A store is known by
 * its file `format`; podman's own, which stand in the same list, are passed over.
 */
export function furtherStores(env: Environment): string[] {
  const asked = (env["CALA_IMAGE_STORES"] ?? "").split(":").filter((path) => path !== "");
  return [...asked, ...configured(env)].flatMap((path) => {
    const root = resolve(path);
    return [join(root, "data"), root].find((place) => existsSync(join(place, "format"))) ?? [];
  });
}

/** The whole of TOML is not needed for one list of strings, and every start would pay for it. */
function configured(env: Environment): string[] {
  const files = env["CONTAINERS_STORAGE_CONF"] === undefined ? [join(userContainersDir(env), "storage.conf"), join(systemContainersDir, "storage.conf")] : [env["CONTAINERS_STORAGE_CONF"]];
  const text = files.map(readTextIfThere).find((one) => one !== undefined);
  const list = text === undefined ? undefined : /^\s*additionalimagestores\s*=\s*\[([^\]]*)\]/m.exec(text)?.[1]?.replace(/#.*$/gm, "");
  return [...(list ?? "").matchAll(/"([^"]*)"|'([^']*)'/g)].map((match) => match[1] ?? match[2] ?? "").filter((path) => path !== "");
}
