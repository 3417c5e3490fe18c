import type { NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import type { Digest } from "../oci/digest.ts";
import { hasLayer, layerHome } from "./record.ts";
import { discard } from "./staging.ts";

/** Removes one layer; false when it was not there. The caller holds the store lock exclusively. */
export async function removeLayer(site: NamespaceSite, diffId: Digest): Promise<boolean> {
  const wasThere = hasLayer(site.dirs, diffId);
  await discard(site, [layerHome(site.dirs, diffId)]);
  return wasThere;
}
