/** Published TCP ports: a small process of cala's own (native/publish.c) relays them, so that no network helper's proxy hides the client. */
import type { HelperLaunch } from "../plan/launch-details.ts";
import type { PortRequest } from "../spec/request.ts";
import { portRanges } from "./port-ranges.ts";

/** Ports that the helper relays, and those that are left to the network mode. */
export interface DividedPorts {
  readonly relayed: readonly PortRequest[];
  readonly others: readonly PortRequest[];
}

/** TCP is relayed; a datagram has no connection from which its answers could be told. */
export function dividePorts(ports: readonly PortRequest[]): DividedPorts {
  return { relayed: ports.filter(({ protocol }) => protocol === "tcp"), others: ports.filter(({ protocol }) => protocol !== "tcp") };
}

/** Published on all addresses: both families have a socket each. */
const everywhere = ["0.0.0.0", "::"];

/**
 * Where IPv6 clients are led: the kernel takes what goes to an address of another interface for something that came by it, and sends refusals
 * (RST) out there, where nobody waits for them.
 */
const targetSix = "::1";

/** The helper that serves these ports; `address` is the container's own IPv4 address, if it is known. */
export function portPublisher(ports: readonly PortRequest[], address = "127.0.0.1"): HelperLaunch {
  const specs = portRanges(ports).flatMap((range) => (range.hostIp === "" ? everywhere : [range.hostIp]).map((ip) => `${ip}/${range.hostPort}/${range.containerPort}/${range.count}`));
  // The sealed copy of the program that the monitor runs: a container that sees the host's processes cannot write to it.
  const argv = ["/proc/self/exe", "publish", "{pid}", "{fd}", address, targetSix, ...specs];
  return { name: "published ports", argv, env: [], when: "after", ready: { kind: "byte" } };
}
