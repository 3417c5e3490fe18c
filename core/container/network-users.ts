import type { Dirs } from "../dirs/dirs.ts";
import { containerDir } from "../dirs/paths.ts";
import { splitNetworks } from "../network/choose-mode.ts";
import type { NetworkMember } from "../network/user/inspect.ts";
import type { NetworkRecord } from "../network/user/record.ts";
import { readLaunchFacts } from "./launch.ts";
import type { ContainerRecord } from "./record.ts";
import { listRecords } from "./store.ts";
import { isAlive, viewOf } from "./view.ts";

/** Whether a container is to be on a network, whether it runs or not. */
export function isOnNetwork(record: ContainerRecord, network: NetworkRecord): boolean {
  return splitNetworks(record.request.network.modes).networks.some(({ name }) => name === network.name || (name.length >= 2 && network.id.startsWith(name)));
}

/** The containers that are to be on a network; reads every record at each call. */
export function networkUsers(dirs: Dirs, network: NetworkRecord): ContainerRecord[] {
  return listRecords(dirs, () => undefined).filter((record) => isOnNetwork(record, network));
}

/** The containers that run on a network, with their addresses. */
export function networkMembers(dirs: Dirs, network: NetworkRecord): NetworkMember[] {
  return networkUsers(dirs, network).flatMap((record) => {
    if (!isAlive(viewOf(dirs, record))) return [];
    const joined = readLaunchFacts(containerDir(dirs, record.id))?.networks.find((each) => each.id === network.id);
    if (joined === undefined) return [];
    return [{
      id: record.id, name: record.name, interfaceName: joined.interfaceName, macAddress: joined.macAddress,
      addresses: joined.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
    }];
  });
}
