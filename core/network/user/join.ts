/** How a container comes onto its user-defined networks: addresses, and the request to each network's process. */
import { CalaError } from "../../base/error.ts";
import { shortId } from "../../base/id.ts";
import { ensureDir, type Dirs } from "../../dirs/dirs.ts";
import { containerDir, containerFiles, networkRuntimeDir } from "../../dirs/paths.ts";
import type { NetworkJoin } from "../../plan/launch-details.ts";
import { addressNumber } from "../prefix.ts";
import type { Attachment } from "./attachment.ts";
import { bridgeHardware, networkConfigFile } from "./config-file.ts";
import { defaultNetwork } from "./create.ts";
import { leaseAny, leaseFile, leaseFixed, type LeaseContext } from "./lease.ts";
import { requireRoom, room } from "./room.ts";
import { defaultNetworkName, findNetwork, readNetwork, type NetworkRecord } from "./record.ts";

/** A network that a container is on, with what it has there. */
export interface AttachedNetwork {
  readonly name: string;
  readonly id: string;
  readonly internal: boolean;
  readonly interfaceName: string;
  readonly macAddress: string;
  readonly aliases: readonly string[];
  /** IPv4 first; none before the container is started. */
  readonly addresses: readonly AttachedAddress[];
  /** Where its process listens. */
  readonly directory: string;
  /** Where its name server answers; absent with --disable-dns. */
  readonly nameServer?: string;
}

/** One address of a container, with its network's gateway. */
export interface AttachedAddress {
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
}

/** What is known of the container. */
export interface JoinContext extends LeaseContext {
  readonly containerName: string;
  /** What it had at its last start. */
  readonly previous: readonly AttachedNetwork[];
  /** Asked by the network instead of its own servers. */
  readonly dnsServers: readonly string[];
  /** Only names of containers are answered. */
  readonly noForward?: boolean;
}

/** A container's place on its networks. */
export interface JoinPlan {
  readonly networks: readonly AttachedNetwork[];
  readonly joins: readonly NetworkJoin[];
  /** Files that give the addresses back by going. */
  readonly leases: readonly string[];
}

/** The network of an attachment; the default one (podman's name for it is known, too) is made when it is used first. @throws CalaError `network-unknown`, `network-ambiguous` */
export async function networkOf(dirs: Dirs, name: string): Promise<NetworkRecord> {
  const isDefault = name === defaultNetworkName || (name === "podman" && readNetwork(dirs, name) === undefined);
  return isDefault ? await defaultNetwork(dirs) : findNetwork(dirs, name);
}

/** Checks the networks without taking anything, for a container that is only made. @throws CalaError `network-…`, `address-…` */
export async function planAttachments(context: JoinContext, wanted: readonly Attachment[]): Promise<JoinPlan> {
  const records = await recordsOf(context, wanted);
  return { networks: wanted.map((attachment, index) => attached(context.dirs, records[index] as NetworkRecord, attachment, index, [])), joins: [], leases: [] };
}

/** Takes the addresses and writes the requests. @throws CalaError `network-…`, `address-…` */
export async function planJoins(context: JoinContext, wanted: readonly Attachment[]): Promise<JoinPlan> {
  const records = await recordsOf(context, wanted);
  const networks: AttachedNetwork[] = [];
  for (const [index, attachment] of wanted.entries()) {
    const record = records[index] as NetworkRecord;
    networks.push(attached(context.dirs, record, attachment, index, await leaseAll(context, record, attachment)));
  }
  ensureDir(`${context.dirs.runtime}/networks`);
  return {
    networks,
    joins: networks.map((network, index) => joinOf(context, records[index] as NetworkRecord, network)),
    leases: networks.flatMap((network) => network.addresses.map(({ address }) => leaseFile(context.dirs, network.name, address))),
  };
}

async function recordsOf({ dirs, dnsServers }: JoinContext, wanted: readonly Attachment[]): Promise<NetworkRecord[]> {
  const records: NetworkRecord[] = [];
  requireRoom(wanted.length, room.networks, "networks in one container");
  requireRoom(dnsServers.length, room.servers, "name servers (--dns) of one container on networks");
  for (const { network, macAddress } of wanted) {
    const record = await networkOf(dirs, network).catch(asOwnFault);
    if (macAddress !== undefined && record.driver === "ipvlan") {
      throw new CalaError("network-option-conflict", `cannot use a hardware address on network "${record.name}": containers of an ipvlan network share one`, { hint: "leave it out, or use a network of the driver macvlan" });
    }
    if (records.some((other) => other.id === record.id)) throw new CalaError("network-option-conflict", `a container cannot be on network "${record.name}" twice`);
    records.push(record);
  }
  return records;
}

/** A container that names no network is a command line that is wrong: podman's exit code 125. */
function asOwnFault(error: unknown): never {
  if (!(error instanceof CalaError) || error.exitCode === 125) throw error;
  throw new CalaError(error.code, error.message, { cause: error, ...(error.hint === undefined ? {} : { hint: error.hint }) });
}

async function leaseAll(context: JoinContext, record: NetworkRecord, attachment: Attachment): Promise<AttachedAddress[]> {
  const before = context.previous.find((network) => network.id === record.id)?.addresses ?? [];
  const fixed = [attachment.ip, attachment.ip6].filter((address) => address !== undefined);
  const result: AttachedAddress[] = [];
  for (const address of fixed) result.push(withPrefix(record, await leaseFixed(context, record, address)));
  for (const version of [4, 6] as const) {
    const subnet = record.subnets.find((each) => addressNumber(each.gateway)?.version === version);
    if (subnet === undefined || result.some(({ address }) => addressNumber(address)?.version === version)) continue;
    const preferred = before.find(({ address }) => addressNumber(address)?.version === version)?.address;
    result.push(withPrefix(record, await leaseAny(context, record, subnet, preferred)));
  }
  return result.sort((one, other) => (one.address.includes(":") ? 1 : 0) - (other.address.includes(":") ? 1 : 0));
}

function withPrefix(record: NetworkRecord, address: string): AttachedAddress {
  const version = addressNumber(address)?.version;
  const subnet = record.subnets.find((each) => addressNumber(each.gateway)?.version === version);
  return { address, prefixLength: Number(subnet?.subnet.split("/")[1] ?? 0), gateway: subnet?.gateway ?? "" };
}

function attached(dirs: Dirs, record: NetworkRecord, attachment: Attachment, index: number, addresses: readonly AttachedAddress[]): AttachedNetwork {
  const server = record.subnets[0]?.gateway;
  return {
    name: record.name, id: record.id, internal: record.internal, interfaceName: attachment.interfaceName ?? `eth${index}`,
    macAddress: attachment.macAddress ?? (record.driver === "ipvlan" ? bridgeHardware(record) : macOf(addresses)), aliases: attachment.aliases, addresses, directory: networkRuntimeDir(dirs, record.id),
    ...(record.dnsEnabled && server !== undefined ? { nameServer: server } : {}),
  };
}

/** As docker's: from the address, so that it is the same after a restart and nobody else's on this network. */
function macOf(addresses: readonly AttachedAddress[]): string {
  const number = addressNumber(addresses[0]?.address ?? "");
  if (number === undefined) return "";
  const bytes = [24n, 16n, 8n, 0n].map((shift) => Number((number.value >> shift) & 255n));
  return [0x02, number.version === 4 ? 0x42 : 0x46, ...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** The file from which a network's process learns which other ones a member is on. */
export function peersText(networks: readonly AttachedNetwork[]): string {
  return networks.map(({ directory }) => `${directory}\n`).join("");
}

/** The lines that native/network-member.c reads. */
function joinOf(context: JoinContext, record: NetworkRecord, network: AttachedNetwork): NetworkJoin {
  const names = [...new Set([context.containerName, shortId(context.containerId), ...network.aliases].map((name) => name.toLowerCase()))];
  const lines = [
    `interface ${network.interfaceName}`, `hardware ${network.macAddress}`,
    ...network.addresses.map(({ address, prefixLength }) => `address ${address}/${prefixLength}`),
    ...names.map((name) => `name ${name}`),
    ...record.routes.map((route) => `route ${route.destination} ${route.gateway} ${route.metric}`),
    ...context.dnsServers.map((server) => `server ${server}`),
    ...(context.noForward === true ? ["forward no"] : []),
    `peers ${containerFiles.networks(containerDir(context.dirs, context.containerId))}`,
  ];
  const request = lines.map((line) => `${line}\n`).join("");
  requireRoom(Buffer.byteLength(request), room.textBytes, `bytes of names and routes on network "${record.name}"`);
  return { network: record.name, directory: network.directory, config: networkConfigFile(context.dirs, record.name), request };
}
