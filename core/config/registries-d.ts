/** registries.d: where signatures of images are kept outside their registry. Source: containers-registries.d(5). */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CalaError, messageOf } from "../base/error.ts";
import type { Environment } from "../dirs/dirs.ts";
import { homeOf, listDir, systemContainersDir, userContainersDir } from "./places.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The base address of the signatures of an image: of the most specific scope that has one, else the default's, else the user's own store.
 * @param scopes most specific first, as in a policy
 * @param isWriting asks for the place to write to (`lookaside-staging`), where there is one
 * @throws CalaError `config-invalid`
 */
export async function lookasideBase(scopes: readonly string[], env: Environment = process.env, isWriting = false): Promise<URL> {
  const { places, fallback } = await loadLookasides(env, isWriting);
  const found = scopes.map((scope) => places.get(scope)).find((place) => place !== undefined) ?? fallback;
  if (found === undefined) return new URL(`file://${join(homeOf(env), ".local/share/containers/sigstore")}`);
  if (!URL.canParse(found)) throw new CalaError("config-invalid", `"${found}" in registries.d is not an address`);
  return new URL(found);
}

async function loadLookasides(env: Environment, isWriting: boolean): Promise<{ readonly places: ReadonlyMap<string, string>; readonly fallback: string | undefined }> {
  const own = join(userContainersDir(env), "registries.d");
  const folder = existsSync(own) ? own : join(systemContainersDir, "registries.d");
  const places = new Map<string, string>();
  let fallback: string | undefined;
  for (const name of listDir(folder).filter((file) => file.endsWith(".yaml"))) {
    const document = await readYaml(join(folder, name));
    fallback = placeOf(document["default-docker"], isWriting) ?? fallback;
    for (const [scope, entry] of Object.entries(fields(document["docker"]))) {
      const place = placeOf(entry, isWriting);
      if (place !== undefined) places.set(scope, place);
    }
  }
  return { places, fallback };
}

async function readYaml(file: string): Promise<Fields> {
  const { parse } = await import("yaml");
  try {
    return fields(parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new CalaError("config-invalid", `the file "${file}" cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** `lookaside` is the newer name of `sigstore`. */
function placeOf(entry: unknown, isWriting: boolean): string | undefined {
  const known = fields(entry);
  const staging = isWriting ? [known["lookaside-staging"], known["sigstore-staging"]] : [];
  return [...staging, known["lookaside"], known["sigstore"]].find((value): value is string => typeof value === "string" && value !== "");
}
