/** Arithmetic on IP addresses. */
import { ipVersion } from "../base/ip.ts";

/** An IPv4 address as a number, or undefined. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** A number below 2^32 as an IPv4 address. */
export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** `10.0.2.0/24`, with host bits cleared; undefined where it is none. */
export function parseIpv4Cidr(text: string): { base: number; prefixLength: number } | undefined {
  const match = /^([\d.]+)\/(\d{1,2})$/.exec(text);
  const address = parseIpv4(match?.[1] ?? "");
  const prefixLength = Number(match?.[2] ?? 99);
  if (address === undefined || prefixLength > 32) return undefined;
  const size = 2 ** (32 - prefixLength);
  return { base: Math.floor(address / size) * size, prefixLength };
}

/** Whether a text is an address of either family, without zone. */
export function isAddress(text: string): boolean {
  return !text.includes("%") && ipVersion(text) !== 0;
}

/** Whether an address means the machine itself: 127.0.0.0/8, ::1. */
export function isLoopback(address: string): boolean {
  return address === "::1" || (ipVersion(address) === 4 && address.startsWith("127."));
}
