/** What a launch does about ids that are not those of every container. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { identityOver, mapSize, toInside, type IdRanges } from "../idmap/map.ts";
import type { IdSupport } from "../idmap/probe.ts";
import { hasStackedDirectory } from "../layer/read-file.ts";
import { parseDigest } from "../oci/digest.ts";
import type { HelperLaunch, LaunchDetails } from "../plan/launch-details.ts";
import type { PreparedMounts } from "./mounts.ts";
import type { ContainerRecord } from "./record.ts";
import { movedIds } from "./user-namespace.ts";

/** Whether the image has an apt that must be told of the single id. */
export function answersApt(engine: Engine, record: ContainerRecord, ids: IdSupport): boolean {
  return mapSize(ids.uids) === 1 && hasStackedDirectory(engine.dirs, record.image.layers.map(parseDigest), "etc/apt/apt.conf.d");
}

/** Helpers that get the network namespace as a file of its own; see native/op-spawn.c. */
export function withMountedNetwork(helpers: readonly HelperLaunch[], dir: string): HelperLaunch[] {
  const file = containerFiles.networkNamespace(dir);
  writeFileSync(file, "", { flag: "a" });
  return helpers.map((helper) => ({ ...helper, argv: helper.argv.map((word) => (word === "/proc/{pid}/ns/net" ? `{netns:${file}}` : word)) }));
}

/** The container's own map, `outside` in the outer namespace. */
export function nestedIds({ identity }: ContainerRecord, ids: IdSupport): IdRanges {
  return { uids: identity?.uids ?? identityOver(ids.uids), gids: identity?.gids ?? identityOver(ids.gids) };
}

/** What must belong to the container's root where that is not the user, and lines for its accounts. */
export function ownership(record: ContainerRecord, storage: readonly string[], mounts: PreparedMounts, dir: string): Pick<LaunchDetails, "owned" | "accounts"> {
  const accounts = record.identity?.accounts ?? [];
  if (movedIds(record) === undefined) return { owned: [], accounts };
  const etc = containerFiles.etc(dir);
  // Where the user is mapped at all, a new volume is the user's, as with podman.
  const kept = toInside(record.identity?.uids ?? [], 0) !== undefined;
  const volumes = kept ? [] : mounts.fills.map(({ source }) => source).filter((source) => isEmpty(source));
  return { owned: [...storage, ...readdirSync(etc).map((name) => join(etc, name)), ...volumes, ...mounts.owned], accounts };
}

/** A volume that its containers have given away cannot be read here, and is not new. */
function isEmpty(dir: string): boolean {
  try {
    return readdirSync(dir).length === 0;
  } catch {
    return false;
  }
}
