/** Subnets that collide with nothing: not with the host's routes, not with other networks, not with a container's way out. */
import { randomBytes } from "../../base/random.ts";
import { CalaError } from "../../base/error.ts";
import { readTextIfThere } from "../../fs/read-json.ts";
import { ipv4 as outside4, ipv6 as outside6 } from "../modes/user-nic.ts";
import { formatAddress, formatPrefix, overlaps, parsePrefix, type Prefix } from "../prefix.ts";

/** A network that is taken, and by what, in words. */
export interface TakenPrefix {
  readonly prefix: Prefix;
  readonly by: string;
}

/** The addresses that containers have on their way out. */
const reserved: readonly TakenPrefix[] = [
  ...taken(`${outside4.address}/${outside4.prefixLength}`, "the containers' way out of the host"),
  ...taken(`${outside6.address}/${outside6.prefixLength}`, "the containers' way out of the host"),
];

function taken(text: string, by: string): TakenPrefix[] {
  const prefix = parsePrefix(text);
  return prefix === undefined ? [] : [{ prefix, by }];
}

/** The networks that the host has routes to. `proc` is replaced in tests. */
export function hostPrefixes(proc = "/proc"): TakenPrefix[] {
  return [...hostIpv4(readTextIfThere(`${proc}/net/route`) ?? ""), ...hostIpv6(readTextIfThere(`${proc}/net/ipv6_route`) ?? "")];
}

/** Columns: interface, destination, …, mask (8th), in the byte order of the machine. */
function hostIpv4(text: string): TakenPrefix[] {
  return text.split("\n").slice(1).flatMap((line) => {
    const columns = line.split("\t");
    const [destination, mask] = [columns[1], columns[7]];
    if (destination === undefined || mask === undefined || mask === "00000000") return [];
    const length = parseInt(mask, 16).toString(2).replaceAll("0", "").length;
    const bytes = [6, 4, 2, 0].map((at) => parseInt(destination.slice(at, at + 2), 16)).join(".");
    return taken(`${bytes}/${length}`, `a route of this host, by way of ${columns[0] ?? ""}`);
  });
}

/** Columns: destination, its prefix length, …, interface (10th). */
function hostIpv6(text: string): TakenPrefix[] {
  return text.split("\n").flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const [destination = "", length = "00"] = columns;
    if (destination.length !== 32 || length === "00" || columns[9] === "lo" || /^(fe80|ff)/.test(destination)) return [];
    return taken(`${(destination.match(/.{4}/g) ?? []).join(":")}/${parseInt(length, 16)}`, `a route of this host, by way of ${columns[9] ?? ""}`);
  });
}

/** Refuses a subnet that something else has. @throws CalaError `subnet-taken` */
export function requireFree(prefix: Prefix, others: readonly TakenPrefix[]): void {
  const clash = [...reserved, ...others].find((other) => overlaps(other.prefix, prefix));
  if (clash === undefined) return;
  throw new CalaError("subnet-taken", `subnet ${formatPrefix(prefix)} is already used: ${formatPrefix(clash.prefix)} belongs to ${clash.by}`, { hint: "leave --subnet out, and a free one is chosen" });
}

/** podman's pool: 10.89.0.0/24 to 10.255.255.0/24; then what Docker uses: 172.17.0.0/24 to 172.31.255.0/24, 192.168.0.0/24 to 192.168.255.0/24. */
const pools: readonly (readonly [first: number, last: number])[] = [
  [10 * 65536 + 89 * 256, 10 * 65536 + 255 * 256 + 255], [172 * 65536 + 17 * 256, 172 * 65536 + 31 * 256 + 255], [192 * 65536 + 168 * 256, 192 * 65536 + 168 * 256 + 255],
];

/** The first free /24 of the pools. @throws CalaError `subnet-exhausted` */
export function freeIpv4(others: readonly TakenPrefix[]): Prefix {
  for (const [first, last] of pools) {
    for (let number = first; number <= last; number += 1) {
      const prefix: Prefix = { version: 4, base: BigInt(number) << 8n, length: 24 };
      if (![...reserved, ...others].some((other) => overlaps(other.prefix, prefix))) return prefix;
    }
  }
  throw new CalaError("subnet-exhausted", "no free subnet is left for another network", { hint: "cala network prune" });
}

/** A random /64 of the unique local addresses (RFC 4193). */
export function freeIpv6(others: readonly TakenPrefix[]): Prefix {
  for (;;) {
    const bytes = randomBytes(7);
    const base = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0xfdn) << 64n;
    const prefix: Prefix = { version: 6, base, length: 64 };
    if (![...reserved, ...others].some((other) => overlaps(other.prefix, prefix))) return prefix;
  }
}

/** The usual gateway of a subnet: its first address. */
export function firstAddress(prefix: Prefix): string {
  return formatAddress(prefix.version, prefix.base + 1n);
}
