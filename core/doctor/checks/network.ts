/** The network of containers: helpers, devices, ports, names. */
import { sysctlFix, type Check } from "../check.ts";
import type { DeviceState } from "../facts.ts";

/** What helpers need to make a container's network device. */
export const tunDevice = "/dev/net/tun";

/** What is wrong with a device node, and how it is mended. */
export function deviceProblem(path: string, module: string, cost: string, state: DeviceState | undefined): ReturnType<Check["examine"]> {
  if (state === "open" || state === undefined) return undefined;
  const fix = state === "missing" ? `sudo modprobe ${module}` : `sudo chmod 0666 ${path}`;
  return { message: `${path} ${state === "missing" ? "does not exist" : "is closed to this user"}: ${cost}`, fix };
}

/** All checks of the network. */
export const networkChecks: readonly Check[] = [
  { code: "network-helper-missing", level: "warning", summary: "a helper carries the network of containers",
    examine: ({ tools }) => {
      const helpers = tools.filter(({ purpose }) => purpose === "network");
      return helpers.some(({ present }) => present) ? undefined : { message: `neither ${helpers.map(({ name }) => `"${name}"`).join(" nor ")} is installed: containers have no network unless they use the host's`, fix: helpers[0]?.install ?? "" };
    } },
  { code: "tun-unusable", level: "warning", summary: "network devices can be made", examine: ({ devices }) => deviceProblem(tunDevice, "tun", "containers start with --network none, host or container:NAME only", devices[tunDevice]) },
  { code: "route-missing", level: "note", summary: "this host has a way out",
    examine: ({ routes }) => (routes.ipv4 || routes.ipv6 ? undefined : { message: "this host has no default route: containers reach the host only", fix: "ip route" }) },
  { code: "resolver-missing", level: "note", summary: "this host has a name server",
    examine: ({ nameServers }) => (nameServers > 0 ? undefined : { message: "/etc/resolv.conf names no server: containers cannot look up names", fix: "cala run --dns ADDRESS, or name a server in /etc/resolv.conf" }) },
  { code: "low-ports", level: "note", summary: "ports below 1024 can be published",
    examine: ({ sysctls }) => {
      const first = Number(sysctls["net.ipv4.ip_unprivileged_port_start"] ?? 1024);
      return first <= 80 ? undefined : { message: `ports below ${first} are for root on this host: -p 80:80 fails`, fix: sysctlFix("net.ipv4.ip_unprivileged_port_start", "80") };
    } },
  { code: "client-addresses-lost", level: "warning", summary: "containers see the addresses of their clients",
    examine: ({ namespace, clientAddresses }) => (clientAddresses.works || !namespace.works ? undefined : { message: `clients of published ports are seen as the container itself: ${clientAddresses.words}`, fix: "use a kernel with policy routing (CONFIG_IP_MULTIPLE_TABLES), and if this host is a container, start that with --security-opt seccomp=unconfined --security-opt systempaths=unconfined" }) },
  { code: "ping-closed", level: "note", summary: "this user may ping",
    examine: ({ sysctls, ids }) => {
      const [first, last] = (sysctls["net.ipv4.ping_group_range"] ?? "").split(/\s+/).map(Number);
      if (first === undefined || last === undefined || (first <= ids.gid && ids.gid <= last)) return undefined;
      return { message: `net.ipv4.ping_group_range leaves out this user's group ${ids.gid}: ping from containers gets no answer`, fix: sysctlFix("net.ipv4.ping_group_range", "0 2147483647") };
    } },
];
