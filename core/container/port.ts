import { CalaError } from "../base/error.ts";
import type { PortRequest } from "../spec/request.ts";
import type { ContainerRecord } from "./record.ts";

/** `0.0.0.0:8080`; an address with colons stands in brackets. */
export function hostAddress(port: PortRequest): string {
  const ip = port.hostIp === "" ? "0.0.0.0" : port.hostIp;
  return `${ip.includes(":") ? `[${ip}]` : ip}:${port.hostPort}`;
}

/** What `port CONTAINER` prints: `80/tcp -> 0.0.0.0:8080`. */
export function portLines(record: ContainerRecord): string[] {
  return record.ports.map((port) => `${port.containerPort}/${port.protocol} -> ${hostAddress(port)}`);
}

/** Where the container's port `80` or `53/udp` is published. @throws CalaError `port-invalid` */
export function publishedPort(record: ContainerRecord, text: string): string[] {
  const match = /^(\d+)(?:\/(tcp|udp|sctp))?$/.exec(text);
  if (match === null) throw new CalaError("port-invalid", `"${text}" is not a port`, { hint: "write PORT or PORT/PROTOCOL, as 53/udp" });
  const protocol = match[2] ?? "tcp";
  return record.ports.filter((port) => port.containerPort === Number(match[1]) && port.protocol === protocol).map(hostAddress);
}

/** The Ports column of `ps`: consecutive ports as one range. */
export function portsText(ports: readonly PortRequest[]): string {
  const parts: string[] = [];
  for (let at = 0; at < ports.length;) {
    const first = ports[at];
    if (first === undefined) break;
    let length = 1;
    while (continues(first, ports[at + length], length)) length += 1;
    const to = length === 1 ? "" : `-${first.containerPort + length - 1}`;
    const hostTo = length === 1 ? "" : `-${first.hostPort + length - 1}`;
    parts.push(`${hostAddress(first)}${hostTo}->${first.containerPort}${to}/${first.protocol}`);
    at += length;
  }
  return parts.join(", ");
}

function continues(first: PortRequest, next: PortRequest | undefined, distance: number): boolean {
  return next !== undefined && next.protocol === first.protocol && next.hostIp === first.hostIp
    && next.containerPort === first.containerPort + distance && next.hostPort === first.hostPort + distance;
}
