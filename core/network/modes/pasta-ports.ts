import { CalaError } from "../../base/error.ts";
import type { PortRequest } from "../../spec/request.ts";

/** Port specifications for pasta's `-t` and `-u`: `8080:80`, `127.0.0.1/8080:80`, `8000-8010:9000-9010`. */
export interface PastaPorts {
  readonly tcp: readonly string[];
  readonly udp: readonly string[];
}

/**
 * Published ports in pasta's notation, with neighbours joined to ranges. Without an address pasta listens on all of both families.
 * @throws CalaError `port-protocol-unsupported`
 */
export function pastaPorts(ports: readonly PortRequest[]): PastaPorts {
  const other = ports.find((port) => port.protocol !== "tcp" && port.protocol !== "udp");
  if (other !== undefined) {
    throw new CalaError("port-protocol-unsupported", `cannot publish ${other.hostPort}/${other.protocol}: user-mode networks carry tcp and udp only`, { hint: "--network host" });
  }
  return { tcp: specs(ports.filter((port) => port.protocol === "tcp")), udp: specs(ports.filter((port) => port.protocol === "udp")) };
}

function specs(ports: readonly PortRequest[]): string[] {
  const sorted = [...ports].sort((a, b) => (a.hostIp < b.hostIp ? -1 : a.hostIp > b.hostIp ? 1 : a.hostPort - b.hostPort));
  const texts: string[] = [];
  for (let at = 0; at < sorted.length;) {
    const first = sorted[at];
    if (first === undefined) break;
    let length = 1;
    while (follows(first, sorted[at + length], length)) length += 1;
    texts.push(spec(first, length));
    at += length;
  }
  return texts;
}

function follows(first: PortRequest, next: PortRequest | undefined, distance: number): boolean {
  return next !== undefined && next.hostIp === first.hostIp && next.hostPort === first.hostPort + distance && next.containerPort === first.containerPort + distance;
}

function spec(first: PortRequest, length: number): string {
  const range = (from: number): string => (length === 1 ? String(from) : `${from}-${from + length - 1}`);
  const address = first.hostIp === "" ? "" : `${first.hostIp}/`;
  const target = first.hostPort === first.containerPort ? "" : `:${range(first.containerPort)}`;
  return `${address}${range(first.hostPort)}${target}`;
}
