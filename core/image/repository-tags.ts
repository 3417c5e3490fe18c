import { CalaError } from "../base/error.ts";
import { loadRegistriesConfig } from "../config/registries-conf.ts";
import { parseReference, repositoryOf, splitName } from "../oci/reference.ts";
import { listTags } from "./image-store.ts";
import { candidates, type ResolvePlace } from "./resolve.ts";

/** The full names here of one repository. @throws CalaError `reference-invalid` for a name with a tag, `image-unknown` where there are none */
export async function repositoryTags(place: ResolvePlace, name: string): Promise<string[]> {
  const parts = splitName(name);
  if (parts.tag !== undefined || parts.digest !== undefined) throw new CalaError("reference-invalid", `image name "${name}" has a tag, and all tags were asked for`);
  const names = listTags(place.dirs).map(({ reference }) => reference);
  for (const candidate of candidates(parts, await loadRegistriesConfig(place.env), true)) {
    const found = names.filter((reference) => repositoryOf(parseReference(reference)) === repositoryOf(candidate));
    if (found.length > 0) return found;
  }
  throw new CalaError("image-unknown", `there is no image of the repository "${name}" here`, { hint: `cala images` });
}
