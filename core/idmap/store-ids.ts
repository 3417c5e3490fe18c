/** Which ids this user can have in containers whose files lie in this store: a file system may know of one only. */
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { present } from "../base/assert.ts";
import { ensureDir } from "../dirs/dirs.ts";
import { ownersProbeFile } from "../dirs/paths.ts";
import { nativeProgram } from "../dirs/program.ts";
import { readJsonIfThere, readTextIfThere } from "../fs/read-json.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { mapArgument, mapSize, type IdRange } from "./map.ts";
import { namespaceObstacleNow } from "./namespaces.ts";
import { probeIds, singleIdNotice, type IdSupport } from "./probe.ts";
import type { NamespaceSite } from "./spawn-in-namespace.ts";

interface Verdict {
  readonly key: string;
  readonly refused: boolean;
}

/** The exit code of the applet. */
const refusedCode = 3;
let remembered: Verdict | undefined;

/**
 * The host's answer, and the store's: on NFS and its like the server refuses to give a file to another one of the user's ids, whatever the user
 * is in a namespace. Tried once per boot and store. @throws CalaError as `probeIds`
 */
export function storeIds(site: NamespaceSite): IdSupport {
  const ids = probeIds(site.env);
  if (mapSize(ids.uids) === 1 || !ownersRefused(site, ids)) return ids;
  return {
    uids: firstId(ids.uids), gids: firstId(ids.gids),
    notice: singleIdNotice(`the file system of "${site.dirs.data}" refuses files of other owners than you, as NFS does; set CALA_ROOT to a directory on a local disk`),
  };
}

function firstId(map: readonly IdRange[]): readonly IdRange[] {
  return [{ ...present(map[0], "a map without ids"), count: 1 }];
}

function ownersRefused(site: NamespaceSite, ids: IdSupport): boolean {
  const file = ownersProbeFile(site.dirs);
  const key = probeKey(site, ids);
  if (remembered?.key !== key) remembered = readJsonIfThere<Verdict>(file);
  if (remembered?.key === key) return remembered.refused;
  // Without namespaces nobody can be asked, and owners are noted anyway.
  if (namespaceObstacleNow(site, spawnSync) !== undefined) return false;
  const words = ["userns-exec", ensureDir(site.dirs.runtime), ...mapArgument(ids), "--", nativeProgram(), "owners-probe", site.dirs.data];
  const { status } = spawnSync(nativeProgram(), words, { stdio: "ignore", env: { PATH: site.env["PATH"] ?? "/usr/bin:/bin" } });
  // What could not be tried is said by whoever needs it.
  if (status !== 0 && status !== refusedCode) return false;
  remembered = { key, refused: status === refusedCode };
  ensureDir(site.dirs.cache);
  writeJson(file, remembered);
  return remembered.refused;
}

/** Changes with everything that could change the answer. */
function probeKey(site: NamespaceSite, ids: IdSupport): string {
  const { dev } = statSync(ensureDir(site.dirs.data));
  const boot = (readTextIfThere("/proc/sys/kernel/random/boot_id") ?? "").trim();
  return [boot, String(dev), site.dirs.data, ...mapArgument(ids)].join(" ");
}
