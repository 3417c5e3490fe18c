/** The configuration of a network's process, `networks/NAME/config`: lines of a key and a value, read by native/network-config.c. */
import { join } from "node:path";
import type { Dirs } from "../../dirs/dirs.ts";
import { networkDir } from "../../dirs/paths.ts";
import { mtu as largestMtu } from "../modes/user-nic.ts";
import { linkModes, type NetworkRecord } from "./record.ts";

/** Where it is. */
export function networkConfigFile(dirs: Dirs, name: string): string {
  return join(networkDir(dirs, name), "config");
}

/** The size of the largest packet between members. */
export function networkMtu(record: NetworkRecord): number {
  return Number(record.options["mtu"] ?? record.options["com.docker.network.driver.mtu"] ?? largestMtu);
}

/** How members of a macvlan or ipvlan network are connected. */
export function networkLinkMode({ driver, options }: NetworkRecord): string | undefined {
  const known = linkModes[driver];
  return known && (options["mode"] ?? options[known.option] ?? known.modes[0]);
}

/** The bridge's hardware address; fixed, so that members may go on sending to it when a new process has made the bridge anew. */
export function bridgeHardware({ id }: NetworkRecord): string {
  return ["02", "ca", "1a", ...[0, 2, 4].map((at) => id.slice(at, at + 2))].join(":");
}

/** Its text. */
export function networkConfigText(record: NetworkRecord): string {
  const mode = networkLinkMode(record);
  const lines = [
    `name ${record.id.slice(0, 12)}`, `driver ${record.driver}`, `bridge ${record.bridge}`, `mtu ${networkMtu(record)}`, `hardware ${bridgeHardware(record)}`,
    ...(mode === undefined ? [] : [`mode ${mode}`]),
    `dns ${record.dnsEnabled ? "on" : "off"}`, `internal ${record.internal ? "yes" : "no"}`,
    ...record.subnets.flatMap(({ subnet, gateway }) => [`subnet ${subnet}`, `gateway ${gateway}/${subnet.split("/")[1] ?? ""}`]),
    ...record.dnsServers.map((server) => `server ${server}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
