import { CalaError } from "../../base/error.ts";
import type { PortRequest } from "../../spec/request.ts";
import { portRanges } from "../port-ranges.ts";

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
  return portRanges(ports).map(({ hostIp, hostPort, containerPort, count }) => {
    const range = (from: number): string => (count === 1 ? String(from) : `${from}-${from + count - 1}`);
    return `${hostIp === "" ? "" : `${hostIp}/`}${range(hostPort)}${hostPort === containerPort ? "" : `:${range(containerPort)}`}`;
  });
}
