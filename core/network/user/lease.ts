/**
 * Addresses of a network. `networks/NAME/leases/ADDRESS` holds the id of the container that has it; making that file, exclusively,
 * is what gives an address away. A container's monitor removes it when the container has ended.
 */
import { readdirSync, statSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CalaError, isErrno } from "../../base/error.ts";
import { shortId } from "../../base/id.ts";
import type { Dirs } from "../../dirs/dirs.ts";
import { networkDir, networksLockFile } from "../../dirs/paths.ts";
import { readTextIfThere } from "../../fs/read-json.ts";
import { withLock } from "../../lock/lock.ts";
import { addressNumber, contains, formatAddress, parsePrefix, sizeOf } from "../prefix.ts";
import { unknownNetwork, type NetworkRecord, type Subnet } from "./record.ts";

/** A start that takes longer than this has died. */
const startingMs = 60_000;

/** What allocation must know of its surroundings. */
export interface LeaseContext {
  readonly dirs: Dirs;
  readonly containerId: string;
  /** Whether a container is alive, by its id. */
  readonly isRunning: (id: string) => boolean;
}

/** The file of one address. */
export function leaseFile(dirs: Dirs, network: string, address: string): string {
  return join(networkDir(dirs, network), "leases", address.replaceAll(":", "_"));
}

/**
 * Takes a fixed address. @throws CalaError `address-outside`, `address-taken`
 */
export async function leaseFixed(context: LeaseContext, network: NetworkRecord, address: string): Promise<string> {
  const number = addressNumber(address);
  const subnet = network.subnets.find((each) => {
    const prefix = parsePrefix(each.subnet);
    return number !== undefined && prefix !== undefined && contains(prefix, number);
  });
  if (subnet === undefined || number === undefined) {
    throw new CalaError("address-outside", `requested static ip ${address} not in any subnet on network ${network.name}`, { hint: `its subnets are ${network.subnets.map((each) => each.subnet).join(", ")}` });
  }
  const text = formatAddress(number.version, number.value);
  if (isReserved(subnet, number.value)) throw new CalaError("address-taken", `address ${text} of network "${network.name}" is its gateway's or the network's own`);
  if (take(context, network, text) || (await takeOver(context, network, text))) return text;
  const holder = readTextIfThere(leaseFile(context.dirs, network.name, text)) ?? "";
  throw new CalaError("address-taken", `address ${text} of network "${network.name}" is taken by container ${shortId(holder)}`, { hint: `cala inspect ${shortId(holder)}` });
}

/** Takes any free address of a subnet; `preferred` where that is one. @throws CalaError `address-exhausted` */
export async function leaseAny(context: LeaseContext, network: NetworkRecord, subnet: Subnet, preferred: string | undefined): Promise<string> {
  if (preferred !== undefined && isWithin(subnet, preferred) && take(context, network, preferred)) return preferred;
  const held = new Set(readLeases(context.dirs, network.name));
  for (const address of candidates(subnet)) {
    if (!held.has(address) && take(context, network, address)) return address;
  }
  for (const address of held) {
    if (isWithin(subnet, address) && (await takeOver(context, network, address))) return address;
  }
  throw new CalaError("address-exhausted", `no free address is left in subnet ${subnet.subnet} of network "${network.name}"`, { hint: "cala network create --subnet with a larger one" });
}

/** Gives an address back, if the container has it. */
export function releaseLease(dirs: Dirs, network: string, address: string, containerId: string): void {
  const path = leaseFile(dirs, network, address);
  if (readTextIfThere(path) !== containerId) return;
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

/** The addresses that are given away. */
export function readLeases(dirs: Dirs, network: string): string[] {
  try {
    return readdirSync(join(networkDir(dirs, network), "leases")).map((name) => name.replaceAll("_", ":"));
  } catch (error) {
    if (isErrno(error, "ENOENT")) throw unknownNetwork(network);
    throw error;
  }
}

function take(context: LeaseContext, network: NetworkRecord, address: string): boolean {
  const path = leaseFile(context.dirs, network.name, address);
  try {
    writeFileSync(path, context.containerId, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) throw unknownNetwork(network.name);
    if (!isErrno(error, "EEXIST")) throw error;
  }
  if (readTextIfThere(path) !== context.containerId) return false;
  const now = new Date();
  utimesSync(path, now, now);
  return true;
}

/** A container that was killed with its monitor could not give its address back. */
async function takeOver(context: LeaseContext, network: NetworkRecord, address: string): Promise<boolean> {
  const path = leaseFile(context.dirs, network.name, address);
  return await withLock("network", networksLockFile(context.dirs), "exclusive", () => {
    const holder = readTextIfThere(path);
    if (holder === undefined) return take(context, network, address);
    if (context.isRunning(holder) || isFresh(path)) return false;
    unlinkSync(path);
    return take(context, network, address);
  });
}

function isFresh(path: string): boolean {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < startingMs;
}

function isWithin(subnet: Subnet, address: string): boolean {
  const prefix = parsePrefix(subnet.subnet);
  const number = addressNumber(address);
  return prefix !== undefined && number !== undefined && contains(prefix, number) && !isReserved(subnet, number.value);
}

/** The gateway, the network's own address and, with IPv4, the one for all. */
function isReserved(subnet: Subnet, value: bigint): boolean {
  const prefix = parsePrefix(subnet.subnet);
  if (prefix === undefined) return true;
  const last = prefix.base + sizeOf(prefix) - 1n;
  return value === prefix.base || value === addressNumber(subnet.gateway)?.value || (prefix.version === 4 && value === last);
}

function* candidates(subnet: Subnet): Generator<string> {
  const prefix = parsePrefix(subnet.subnet);
  if (prefix === undefined) return;
  const first = subnet.range === undefined ? prefix.base : addressNumber(subnet.range[0])?.value ?? prefix.base;
  const last = subnet.range === undefined ? prefix.base + sizeOf(prefix) - 1n : addressNumber(subnet.range[1])?.value ?? prefix.base;
  // A network of billions is not walked to its end: 65 536 tries are more than any machine has containers.
  for (let value = first, tries = 0; value <= last && tries < 65_536; value += 1n, tries += 1) {
    if (!isReserved(subnet, value)) yield formatAddress(prefix.version, value);
  }
}
