/** Which ports of a container are published, before any host port is chosen. */
import { CalaError } from "../base/error.ts";
import type { NetworkRequest, PortRequest } from "../spec/request.ts";
import { portText } from "./free-port.ts";

/** What carries a port. */
export type Protocol = PortRequest["protocol"];

/** A port inside a container. */
export interface ContainerPort {
  readonly port: number;
  readonly protocol: Protocol;
}

/** `80`, `53/udp`, `8000-8010/tcp`, as in EXPOSE and `--expose`. @throws CalaError `port-invalid` */
export function parseExposed(text: string): ContainerPort[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text.trim());
  const from = Number(match?.[1] ?? 0);
  const to = Number(match?.[2] ?? from);
  if (match === null || from < 1 || to > 65535 || to < from) {
    throw new CalaError("port-invalid", `exposed port "${text}" is not PORT[-PORT][/PROTOCOL] within 1 to 65535`, { hint: "--expose 8080/tcp" });
  }
  const protocol = (match[3]?.toLowerCase() ?? "tcp") as Protocol;
  return Array.from({ length: to - from + 1 }, (_, index) => ({ port: from + index, protocol }));
}

/**
 * The published ports: the user's, and with `--publish-all` each exposed port that is not among them, on host port 0.
 * @throws CalaError `port-conflict` where two of them want the same host port
 */
export function publishedPorts(request: NetworkRequest, imageExposed: readonly string[]): PortRequest[] {
  const wanted = [...request.ports];
  if (request.publishAll) {
    const published = new Set(wanted.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
    for (const { port, protocol } of [...imageExposed, ...request.expose].flatMap(parseExposed)) {
      if (published.has(`${port}/${protocol}`)) continue;
      published.add(`${port}/${protocol}`);
      wanted.push({ hostIp: "", hostPort: 0, containerPort: port, protocol });
    }
  }
  const seen = new Set<string>();
  const unique = wanted.filter((port) => port.hostPort === 0 || (!seen.has(publicationOf(port)) && seen.add(publicationOf(port))));
  refuseConflicts(unique);
  return unique;
}

function publicationOf({ hostIp, hostPort, containerPort, protocol }: PortRequest): string {
  return `${hostIp} ${hostPort} ${containerPort}/${protocol}`;
}

/** @throws CalaError `port-conflict` where two want the same host port */
export function refuseConflicts(ports: readonly PortRequest[]): void {
  const seen = new Map<string, PortRequest>();
  for (const port of ports) {
    if (port.hostPort === 0) continue;
    for (const ip of port.hostIp === "" ? [""] : ["", port.hostIp]) {
      const other = seen.get(`${ip} ${port.hostPort}/${port.protocol}`);
      if (other === undefined) continue;
      throw new CalaError("port-conflict", `cannot publish ${portText(port)} twice: for the container's ports ${other.containerPort} and ${port.containerPort}`);
    }
    seen.set(`${port.hostIp} ${port.hostPort}/${port.protocol}`, port);
  }
}
