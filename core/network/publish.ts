/** Published ports: a small process of cala's own (native/publish.c) relays them, so that no network helper's proxy hides the client. */
import type { HelperLaunch } from "../plan/launch-details.ts";
import type { PortRequest } from "../spec/request.ts";
import { portRanges } from "./port-ranges.ts";
import type { Protocol } from "./ports.ts";

/** What the relay carries. */
const carried: readonly Protocol[] = ["tcp", "udp", "sctp"];

/** Published on all addresses: both families have a socket each. */
const everywhere = ["0.0.0.0", "::"];

/** Where IPv6 clients are led while the container has no address of that family; it finds its own by itself. */
const targetSix = "::1";

/** The helper that serves these ports; `address` is the container's own IPv4 address, if it is known. */
export function portPublisher(ports: readonly PortRequest[], address = "127.0.0.1"): HelperLaunch {
  const specs = carried.flatMap((protocol) => portRanges(ports.filter((port) => port.protocol === protocol)).flatMap((range) =>
    (range.hostIp === "" ? everywhere : [range.hostIp]).map((ip) => `${protocol}/${ip}/${range.hostPort}/${range.containerPort}/${range.count}`)));
  // The sealed copy of the program that the monitor runs: a container that sees the host's processes cannot write to it.
  const argv = ["/proc/self/exe", "publish", "{pid}", "{fd}", address, targetSix, ...specs];
  return { name: "published ports", argv, env: [], when: "after", ready: { kind: "byte" } };
}
