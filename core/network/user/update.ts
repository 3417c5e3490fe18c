/** What can be changed of a network that exists. */
import { CalaError } from "../../base/error.ts";
import type { Dirs } from "../../dirs/dirs.ts";
import { networksLockFile } from "../../dirs/paths.ts";
import { writeAtomic, writeJson } from "../../fs/write-atomic.ts";
import { withLock } from "../../lock/lock.ts";
import { isAddress } from "../address.ts";
import { networkConfigFile, networkConfigText } from "./config-file.ts";
import { networkOf } from "./join.ts";
import { requireRoom, room } from "./room.ts";
import { readNetwork, recordFile, unknownNetwork, type NetworkRecord } from "./record.ts";

/** The change. */
export interface NetworkChange {
  readonly addServers: readonly string[];
  readonly dropServers: readonly string[];
}

/** Writes the change; the network's process reads it before it asks anybody. @throws CalaError `network-unknown`, `network-option-invalid` */
export async function updateNetwork(dirs: Dirs, name: string, { addServers, dropServers }: NetworkChange): Promise<NetworkRecord> {
  const wrong = addServers.find((server) => !isAddress(server));
  if (wrong !== undefined) throw new CalaError("network-option-invalid", `DNS server "${wrong}" is not an IP address`, { hint: "--dns-add 9.9.9.9" });
  const { name: full } = await networkOf(dirs, name);
  return await withLock("network", networksLockFile(dirs), "exclusive", () => {
    const record = readNetwork(dirs, full);
    if (record === undefined) throw unknownNetwork(full);
    const stray = dropServers.find((server) => !record.dnsServers.includes(server));
    if (stray !== undefined) throw new CalaError("network-option-invalid", `network "${full}" does not ask the name server "${stray}"`, { hint: `cala network inspect ${full}` });
    const kept = record.dnsServers.filter((server) => !dropServers.includes(server));
    const changed: NetworkRecord = { ...record, dnsServers: [...new Set([...kept, ...addServers])] };
    requireRoom(changed.dnsServers.length, room.servers, "name servers of one network");
    writeJson(recordFile(dirs, full), changed, { durable: true });
    writeAtomic(networkConfigFile(dirs, full), networkConfigText(changed));
    return changed;
  });
}
