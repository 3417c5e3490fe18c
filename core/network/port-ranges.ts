import type { PortRequest } from "../spec/request.ts";

/** Neighbouring ports of one host address that lead to neighbouring ports of the container. */
export interface PortRange {
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly count: number;
}

/** Ports of one protocol, with neighbours joined. */
export function portRanges(ports: readonly PortRequest[]): PortRange[] {
  const sorted = [...ports].sort((a, b) => (a.hostIp < b.hostIp ? -1 : a.hostIp > b.hostIp ? 1 : a.hostPort - b.hostPort));
  const ranges: PortRange[] = [];
  for (const { hostIp, hostPort, containerPort } of sorted) {
    const last = ranges.at(-1);
    const follows = last !== undefined && last.hostIp === hostIp && last.hostPort + last.count === hostPort && last.containerPort + last.count === containerPort;
    if (follows) ranges[ranges.length - 1] = { ...last, count: last.count + 1 };
    else ranges.push({ hostIp, hostPort, containerPort, count: 1 });
  }
  return ranges;
}
