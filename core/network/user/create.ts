/** New networks. */
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CalaError, isErrno } from "../../base/error.ts";
import { timestamp } from "../../base/clock.ts";
import { newId } from "../../base/id.ts";
import { ensureDir, type Dirs } from "../../dirs/dirs.ts";
import { networkDir, networksDir, networksLockFile, stagingDir } from "../../dirs/paths.ts";
import { emitEvent } from "../../event/emit.ts";
import { writeAtomic, writeJson } from "../../fs/write-atomic.ts";
import { withLock } from "../../lock/lock.ts";
import { isAddress } from "../address.ts";
import { networkModes } from "../modes/index.ts";
import { addressNumber, contains, formatAddress, formatPrefix, parsePrefix, sizeOf, type Prefix } from "../prefix.ts";
import { networkConfigText } from "./config-file.ts";
import { checkNetworkName, defaultNetworkName, linkModes, listNetworks, networkDrivers, readNetwork, type NetworkDriver, type NetworkRecord, type NetworkRoute, type Subnet } from "./record.ts";
import { requireRoom, room } from "./room.ts";
import { firstAddress, freeIpv4, freeIpv6, hostPrefixes, requireFree, type TakenPrefix } from "./subnets.ts";

/** What a user asks of a new network. */
export interface NetworkCreateRequest {
  /** Absent: `cala1`, `cala2`, … */
  readonly name?: string;
  readonly driver?: string;
  readonly subnets?: readonly string[];
  /** One per subnet at most, in the same order. */
  readonly gateways?: readonly string[];
  /** `10.89.0.0/28` or `10.89.0.5-10.89.0.9`, one per subnet at most. */
  readonly ranges?: readonly string[];
  /** `DESTINATION,GATEWAY[,METRIC]` */
  readonly routes?: readonly string[];
  readonly ipv6?: boolean;
  readonly internal?: boolean;
  readonly disableDns?: boolean;
  readonly dnsServers?: readonly string[];
  readonly bridge?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
  readonly ignoreExisting?: boolean;
}

/**
 * Makes a network; it appears as a whole, by a rename, and its subnets are nobody else's.
 * @throws CalaError `network-exists`, `network-name-invalid`, `network-driver-unknown`, `network-option-invalid`, `subnet-…`
 */
export async function createNetwork(dirs: Dirs, request: NetworkCreateRequest): Promise<NetworkRecord> {
  checkRequest(request);
  ensureDir(dirs.data);
  return await withLock("network", networksLockFile(dirs), "exclusive", () => {
    const existing = listNetworks(dirs);
    const name = request.name ?? freeName(existing);
    const same = readNetwork(dirs, name);
    if (same !== undefined && request.ignoreExisting === true) return same;
    if (same !== undefined) throw new CalaError("network-exists", `network name ${name} already used: network already exists`, { hint: `cala network inspect ${name}` });
    const record = draft(request, name, existing);
    publish(dirs, record);
    emitEvent({ dirs }, { type: "network", status: "create", id: record.id, name: record.name });
    return record;
  });
}

/** The network that is there without having been made. */
export async function defaultNetwork(dirs: Dirs): Promise<NetworkRecord> {
  return readNetwork(dirs, defaultNetworkName) ?? (await createNetwork(dirs, { name: defaultNetworkName, ignoreExisting: true }));
}

function freeName(existing: readonly NetworkRecord[]): string {
  for (let number = 1; ; number += 1) if (!existing.some((network) => network.name === `cala${number}`)) return `cala${number}`;
}

function draft(request: NetworkCreateRequest, name: string, existing: readonly NetworkRecord[]): NetworkRecord {
  const others: TakenPrefix[] = existing.flatMap((network) => network.subnets.flatMap(({ subnet }) => {
    const prefix = parsePrefix(subnet);
    return prefix === undefined ? [] : [{ prefix, by: `network "${network.name}"` }];
  }));
  return {
    version: 1, name, id: newId(), driver: (request.driver ?? "bridge") as NetworkDriver, createdAt: timestamp(), bridge: request.bridge ?? "br0",
    subnets: chooseSubnets(request, [...others, ...hostPrefixes()]), routes: (request.routes ?? []).map(parseRoute),
    internal: request.internal ?? false, dnsEnabled: request.disableDns !== true, dnsServers: request.dnsServers ?? [],
    labels: request.labels ?? {}, options: request.options ?? {},
  };
}

function publish(dirs: Dirs, record: NetworkRecord): void {
  const staged = join(ensureDir(stagingDir(dirs)), `network-${newId().slice(0, 16)}`);
  ensureDir(networksDir(dirs));
  try {
    mkdirSync(join(staged, "leases"), { recursive: true, mode: 0o700 });
    writeAtomic(join(staged, "config"), networkConfigText(record));
    writeJson(join(staged, "record.json"), record, { durable: true });
    renameSync(staged, networkDir(dirs, record.name));
  } catch (error) {
    rmSync(staged, { recursive: true, force: true });
    if (isErrno(error, "ENOTEMPTY", "EEXIST")) throw new CalaError("network-exists", `network name ${record.name} already used: network already exists`);
    throw error;
  }
}

function chooseSubnets(request: NetworkCreateRequest, others: readonly TakenPrefix[]): Subnet[] {
  const { subnets = [], gateways = [], ranges = [] } = request;
  const given = subnets.map((text) => {
    const prefix = parsePrefix(text);
    if (prefix === undefined || sizeOf(prefix) < 4n) throw invalid("--subnet", text, "it is not a network such as 10.90.0.0/24");
    requireFree(prefix, others);
    return prefix;
  });
  for (const [index, prefix] of given.entries()) requireFree(prefix, given.slice(0, index).map((other) => ({ prefix: other, by: "the same network" })));
  const chosen = given.length === 0 ? [freeIpv4(others)] : given;
  if (request.ipv6 === true && !chosen.some((prefix) => prefix.version === 6)) chosen.push(freeIpv6(others));
  return chosen.map((prefix) => subnetOf(prefix, matching(gateways, prefix), matching(ranges, prefix)));
}

/** The gateway or range that belongs to a subnet: the one that lies in it. */
function matching(texts: readonly string[], prefix: Prefix): string | undefined {
  return texts.find((text) => {
    const address = addressNumber(text.split(/[/-]/)[0] ?? "");
    return address !== undefined && contains(prefix, address);
  });
}

function subnetOf(prefix: Prefix, gateway: string | undefined, range: string | undefined): Subnet {
  return { subnet: formatPrefix(prefix), gateway: gateway ?? firstAddress(prefix), ...(range === undefined ? {} : { range: parseRange(range, prefix) }) };
}

function parseRange(text: string, subnet: Prefix): readonly [string, string] {
  const prefix = parsePrefix(text);
  const [from, to] = prefix === undefined
    ? text.split("-").map((part) => addressNumber(part)?.value)
    : [prefix.base, prefix.base + sizeOf(prefix) - 1n];
  const inside = (value: bigint | undefined): boolean => value !== undefined && contains(subnet, { version: subnet.version, value });
  if (from === undefined || to === undefined || to < from || !inside(from) || !inside(to)) throw invalid("--ip-range", text, `it is not a range within ${formatPrefix(subnet)}`);
  return [formatAddress(subnet.version, from), formatAddress(subnet.version, to)];
}

function parseRoute(text: string): NetworkRoute {
  const [destination = "", gateway = "", metric = "0", ...more] = text.split(",");
  const prefix = parsePrefix(destination);
  if (prefix === undefined || addressNumber(gateway)?.version !== prefix.version || !/^\d{1,9}$/.test(metric) || more.length > 0) {
    throw invalid("--route", text, "it is not DESTINATION,GATEWAY[,METRIC], as 10.20.0.0/16,10.89.0.7,100");
  }
  return { destination: formatPrefix(prefix), gateway, metric: Number(metric) };
}

function invalid(option: string, text: string, why: string): CalaError {
  return new CalaError("network-option-invalid", `invalid value "${text}" for ${option}: ${why}`);
}

/** What can be said without looking at anything else. */
function checkRequest(request: NetworkCreateRequest): void {
  const { name, driver = "bridge", subnets = [], gateways = [], ranges = [], options = {} } = request;
  if (name !== undefined) checkNetworkName(name);
  if (name !== undefined && (networkModes.some((mode) => mode.name === name) || ["default", "private"].includes(name))) {
    throw new CalaError("network-name-invalid", `cannot name a network "${name}": it is the name of a network mode`);
  }
  if (!(networkDrivers as readonly string[]).includes(driver)) throw new CalaError("network-driver-unknown", `unsupported driver ${driver}`, { hint: `drivers are ${networkDrivers.join(", ")}` });
  requireRoom(subnets.length, room.subnets, "subnets on one network");
  requireRoom((request.routes ?? []).length, room.routes, "routes on one network");
  requireRoom((request.dnsServers ?? []).length, room.servers, "name servers of one network");
  const prefixes = subnets.flatMap((text) => parsePrefix(text) ?? []);
  const stray = [...gateways, ...ranges].find((text) => !prefixes.some((prefix) => matching([text], prefix) !== undefined));
  if (stray !== undefined) throw invalid(gateways.includes(stray) ? "--gateway" : "--ip-range", stray, subnets.length === 0 ? "it needs a --subnet" : "it lies in none of the subnets");
  const wrong = (request.dnsServers ?? []).find((server) => !isAddress(server));
  if (wrong !== undefined) throw invalid("--dns", wrong, "it is not an IP address");
  if (request.bridge !== undefined && !/^[^\s/:]{1,15}$/.test(request.bridge)) throw invalid("--interface-name", request.bridge, "it is not the name of an interface");
  for (const [key, value] of Object.entries(options)) checkOption(driver as NetworkDriver, key, value);
}

/** Options of the driver: podman's and docker's, as far as they mean something where each network has a namespace of its own. */
function checkOption(driver: NetworkDriver, key: string, value: string): void {
  if (key === "mtu" || key === "com.docker.network.driver.mtu") {
    if (!/^\d+$/.test(value) || Number(value) < 68 || Number(value) > 65535) throw invalid("--opt mtu", value, "it is not a number from 68 to 65535");
    return;
  }
  // Networks never reach each other here, whatever this says.
  if (key === "isolate" && /^(true|false|strict|1|0)$/.test(value)) return;
  const known = linkModes[driver];
  if (known !== undefined && (key === "mode" || key === known.option)) return checkLinkMode(key, value, known.modes);
  if (known !== undefined && key === "parent") {
    throw new CalaError("network-option-invalid", `cannot use --opt parent=${value}: only root may put containers on an interface of the host; they are connected inside the network's own namespace`, { hint: "leave it out, and publish ports with -p" });
  }
  throw new CalaError("network-option-invalid", `unsupported network option ${key}=${value}`, { hint: `options are mtu=NUMBER, isolate=true${known === undefined ? "" : ` and mode=${known.modes.join("|")}`}` });
}

/** The other modes need a switch outside. */
function checkLinkMode(key: string, value: string, modes: readonly string[]): void {
  if (modes.includes(value)) return;
  const why = value === "vepa" || value === "passthru" ? "it needs an interface of the host, which only root may use" : `modes are ${modes.join(", ")}`;
  throw invalid(`--opt ${key}`, value, why);
}
