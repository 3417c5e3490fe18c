/** Networks of either family, in numbers: 10.89.0.0/24, fd00:1::/64. */
import { ipVersion } from "../base/ip.ts";
import { formatIpv4, parseIpv4 } from "./address.ts";

/** A network: its first address and the length of its prefix. */
export interface Prefix {
  readonly version: 4 | 6;
  readonly base: bigint;
  readonly length: number;
}

/** An address of either family as a number, or undefined. */
export function addressNumber(text: string): { readonly version: 4 | 6; readonly value: bigint } | undefined {
  const version = text.includes("%") ? 0 : ipVersion(text);
  if (version === 4) {
    const value = parseIpv4(text);
    return value === undefined ? undefined : { version, value: BigInt(value) };
  }
  return version === 6 ? { version, value: ipv6Number(text) } : undefined;
}

/** The four or sixteen bytes of an address, in the network's order. */
export function addressBytes(text: string): Uint8Array {
  const { version, value } = addressNumber(text) ?? { version: 4, value: 0n };
  const bits = version === 4 ? 32n : 128n;
  return Uint8Array.from({ length: Number(bits / 8n) }, (_, index) => Number((value >> (bits - 8n * BigInt(index + 1))) & 255n));
}

function ipv6Number(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const tail = dotted === null ? undefined : parseIpv4(dotted[2] ?? "");
  const plain = dotted === null || tail === undefined ? text : `${dotted[1] ?? ""}${(tail >>> 16).toString(16)}:${(tail & 0xffff).toString(16)}`;
  const [head = "", rest] = plain.split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const before = groups(head);
  const after = rest === undefined ? [] : groups(rest);
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => "0"), ...after];
  return all.reduce((sum, group) => (sum << 16n) | BigInt(parseInt(group, 16)), 0n);
}

/** The address of a number; IPv6 in the shortest form (RFC 5952). */
export function formatAddress(version: 4 | 6, value: bigint): string {
  if (version === 4) return formatIpv4(Number(value));
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
  const runs = [...groups.join(":").matchAll(/\b0(?::0)+\b/g)].sort((a, b) => b[0].length - a[0].length);
  const longest = runs[0];
  if (longest === undefined) return groups.join(":");
  const text = groups.join(":");
  return `${text.slice(0, longest.index).replace(/:$/, "")}::${text.slice(longest.index + longest[0].length).replace(/^:/, "")}`;
}

const bits = (version: 4 | 6): number => (version === 4 ? 32 : 128);

/** How many addresses a network has. */
export function sizeOf(prefix: Prefix): bigint {
  return 1n << BigInt(bits(prefix.version) - prefix.length);
}

/** `10.89.0.0/24`, with host bits cleared; undefined where it is none. */
export function parsePrefix(text: string): Prefix | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = addressNumber(match?.[1] ?? "");
  const length = Number(match?.[2] ?? 999);
  if (address === undefined || length > bits(address.version)) return undefined;
  const size = 1n << BigInt(bits(address.version) - length);
  return { version: address.version, base: (address.value / size) * size, length };
}

/** `10.89.0.0/24` */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.version, prefix.base)}/${prefix.length}`;
}

/** Whether an address lies in a network. */
export function contains(prefix: Prefix, address: { readonly version: 4 | 6; readonly value: bigint }): boolean {
  return prefix.version === address.version && address.value >= prefix.base && address.value < prefix.base + sizeOf(prefix);
}

/** Whether two networks share an address. */
export function overlaps(one: Prefix, other: Prefix): boolean {
  return contains(one, { version: other.version, value: other.base }) || contains(other, { version: one.version, value: one.base });
}
