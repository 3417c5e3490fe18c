/** What is known of a user-defined network: `networks/NAME/record.json`; `config` beside it is what its process reads. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CalaError } from "../../base/error.ts";
import type { Dirs } from "../../dirs/dirs.ts";
import { networkDir, networksDir } from "../../dirs/paths.ts";
import { readJsonIfThere } from "../../fs/read-json.ts";

/** One subnet of a network. */
export interface Subnet {
  /** `10.89.0.0/24` */
  readonly subnet: string;
  readonly gateway: string;
  /** First and last address that is given away automatically. */
  readonly range?: readonly [string, string];
}

/** A further route that members get. */
export interface NetworkRoute {
  readonly destination: string;
  readonly gateway: string;
  /** 0: the kernel's default. */
  readonly metric: number;
}

/** The kinds of links that connect members. */
export const networkDrivers = ["bridge", "macvlan", "ipvlan"] as const;
/** One of them. */
export type NetworkDriver = (typeof networkDrivers)[number];

/** The option of each that says how members are connected, as podman and docker spell it, and what it can be; the first is the default. */
export const linkModes: Readonly<Partial<Record<NetworkDriver, { readonly option: string; readonly modes: readonly string[] }>>> = {
  macvlan: { option: "macvlan_mode", modes: ["bridge", "private"] },
  ipvlan: { option: "ipvlan_mode", modes: ["l2", "l3", "l3s"] },
};

/** What was decided when a network was made. */
export interface NetworkRecord {
  readonly version: 1;
  readonly name: string;
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly driver: NetworkDriver;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Name of the bridge inside the network's own namespace. */
  readonly bridge: string;
  readonly subnets: readonly Subnet[];
  readonly routes: readonly NetworkRoute[];
  readonly internal: boolean;
  readonly dnsEnabled: boolean;
  /** Asked instead of the host's. */
  readonly dnsServers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** As given: `mtu`, `isolate`, `mode`. */
  readonly options: Readonly<Record<string, string>>;
}

/** The network that is always there; made when it is used first. */
export const defaultNetworkName = "bridge";

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Refuses names that podman refuses. @throws CalaError `network-name-invalid` */
export function checkNetworkName(name: string): void {
  if (namePattern.test(name) && name.length <= 200) return;
  throw new CalaError("network-name-invalid", `invalid network name "${name}": names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*`);
}

/** Its presence makes the directory a network. */
export const recordFile = (dirs: Dirs, name: string): string => join(networkDir(dirs, name), "record.json");

/** One network's record, or undefined. */
export function readNetwork(dirs: Dirs, name: string): NetworkRecord | undefined {
  return namePattern.test(name) ? readJsonIfThere<NetworkRecord>(recordFile(dirs, name)) : undefined;
}

/** Every network that has been made, by name. Reads without a lock. */
export function listNetworks(dirs: Dirs): NetworkRecord[] {
  if (!existsSync(networksDir(dirs))) return [];
  return readdirSync(networksDir(dirs)).sort().flatMap((name) => readNetwork(dirs, name) ?? []);
}

/** A network by name, or by the beginning of its id where that is unique. @throws CalaError `network-unknown`, `network-ambiguous` */
export function findNetwork(dirs: Dirs, nameOrId: string): NetworkRecord {
  const exact = readNetwork(dirs, nameOrId);
  if (exact !== undefined) return exact;
  const found = /^[0-9a-f]{2,64}$/.test(nameOrId) ? listNetworks(dirs).filter((network) => network.id.startsWith(nameOrId)) : [];
  if (found.length > 1) throw new CalaError("network-ambiguous", `more than one network has an ID that begins with "${nameOrId}"`);
  const [only] = found;
  if (only === undefined) throw unknownNetwork(nameOrId);
  return only;
}

/** There is no such network; exit code 1, as with podman. */
export function unknownNetwork(name: string): CalaError {
  return new CalaError("network-unknown", `unable to find network with name or ID ${name}: network not found`, { hint: `cala network create ${name === "" ? "NAME" : name}`, exitCode: 1 });
}
