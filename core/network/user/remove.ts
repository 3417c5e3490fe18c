/** Networks' end. */
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CalaError, isErrno } from "../../base/error.ts";
import { newId } from "../../base/id.ts";
import { ensureDir, type Dirs } from "../../dirs/dirs.ts";
import { networkDir, networkRuntimeDir, networksLockFile, stagingDir } from "../../dirs/paths.ts";
import { emitEvent } from "../../event/emit.ts";
import { withLock } from "../../lock/lock.ts";
import { defaultNetworkName, unknownNetwork, type NetworkRecord } from "./record.ts";

/** podman's exit code for a network that a container uses. */
const inUseExitCode = 2;

/**
 * Removes a network that no container is on. Its process, if it still runs, ends by itself.
 * @throws CalaError `network-in-use`, `network-unknown`
 */
export async function removeNetwork(dirs: Dirs, record: NetworkRecord, usersOf: (record: NetworkRecord) => readonly string[]): Promise<void> {
  if (record.name === defaultNetworkName) throw new CalaError("network-in-use", `default network ${record.name} cannot be removed`);
  await withLock("network", networksLockFile(dirs), "exclusive", () => {
    const users = usersOf(record);
    if (users.length > 0) {
      throw new CalaError("network-in-use", `"${record.name}" has associated containers with it: ${users.join(", ")}: network is being used`, {
        hint: `cala network rm --force ${record.name}   # removes the containers, too`, exitCode: inUseExitCode,
      });
    }
    const away = join(ensureDir(stagingDir(dirs)), `network-${newId().slice(0, 16)}`);
    try {
      renameSync(networkDir(dirs, record.name), away);
    } catch (error) {
      if (isErrno(error, "ENOENT")) throw unknownNetwork(record.name);
      throw error;
    }
    rmSync(away, { recursive: true, force: true });
    rmSync(networkRuntimeDir(dirs, record.id), { recursive: true, force: true });
    emitEvent({ dirs }, { type: "network", status: "remove", id: record.id, name: record.name });
  });
}
