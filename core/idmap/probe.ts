/** Which ids this user can have in containers. */
import { accessSync, constants, statSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { IdRange } from "./map.ts";
import { outerMap, subordinateRanges, type SubordinateRange } from "./subordinate.ts";

export interface IdSupport {
  /** The map of the outer user namespace; `outside` are ids of the host. One line of one id on the lowest rung. */
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
  /** Absent where the map has a single id. */
  readonly newuidmap?: string;
  readonly newgidmap?: string;
  /** Why there is but one id and what mends it; one line. */
  readonly notice?: string;
}

export interface IdProbe {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly subuids: readonly SubordinateRange[];
  readonly subgids: readonly SubordinateRange[];
  readonly newuidmap: string | undefined;
  readonly newgidmap: string | undefined;
}

/** Looks at this host and user. */
export function probeIds(env: Readonly<Record<string, string | undefined>> = process.env): IdSupport {
  const { uid, gid, username } = currentUser();
  return decideIds({
    uid, gid, name: username,
    subuids: subordinateRanges("uid", username, uid), subgids: subordinateRanges("gid", username, uid),
    newuidmap: findProgram("newuidmap", env["PATH"]), newgidmap: findProgram("newgidmap", env["PATH"]),
  });
}

function currentUser(): { readonly uid: number; readonly gid: number; readonly username: string } {
  try {
    return userInfo();
  } catch {
    // The uid has no entry in the user database.
    const uid = process.getuid?.() ?? 0;
    return { uid, gid: process.getgid?.() ?? 0, username: String(uid) };
  }
}

/** The full map where the host allows it, else the map of one id with the reason. Pure. */
export function decideIds(probe: IdProbe): IdSupport {
  const { newuidmap, newgidmap, name } = probe;
  const single = (notice: string): IdSupport => ({ uids: outerMap(probe.uid, []), gids: outerMap(probe.gid, []), notice });
  if (newuidmap === undefined || newgidmap === undefined) {
    return single(`containers have a single user id: "newuidmap" is missing; install the package uidmap (shadow-utils on Fedora)`);
  }
  if (probe.subuids.length === 0 || probe.subgids.length === 0) {
    return single(`containers have a single user id: "${name}" has no subordinate ids; sudo usermod --add-subuids 524288-589823 --add-subgids 524288-589823 ${name}`);
  }
  return { uids: outerMap(probe.uid, probe.subuids), gids: outerMap(probe.gid, probe.subgids), newuidmap, newgidmap };
}

/** An executable from PATH or the usual places; on Debian an ordinary user's PATH has no sbin. */
export function findProgram(name: string, path: string | undefined): string | undefined {
  const places = [...(path ?? "").split(":").filter((place) => place.startsWith("/")), "/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
  return places.map((place) => join(place, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
