/**
 * The addresses inside a user-mode network. The container's own are never the host's, so the host's address, its gateway and its
 * name servers all stay reachable; only these few are the helper's.
 */
import type { ModeHost, Availability } from "./mode.ts";
import { findProgram } from "../../host/find-program.ts";
import { installCommand, type HostTool } from "../../host/tools.ts";

/** Name of the interface inside, as in docker and podman. */
export const interfaceName = "eth0";

/** Its name beside interfaces of user-defined networks, which are eth0, eth1, … */
export const besideInterfaceName = "out0";

/** slirp4netns has always used these; pasta is told to. */
export const ipv4 = { address: "10.0.2.100", prefixLength: 24, gateway: "10.0.2.2", dns: "10.0.2.3" } as const;

/** For pasta; slirp4netns has its own prefix and lets the kernel choose the address. */
export const ipv6 = { address: "fd77:ca1a::100", prefixLength: 64, gateway: "fd77:ca1a::2" } as const;

/** The largest that the tap devices take with both helpers; fewer, larger packets cost less. */
export const mtu = 65520;

/** Whether a helper program is installed. */
export function toolAvailable(tool: HostTool, host: ModeHost): Availability {
  if (findProgram(tool.name, host.env) !== undefined) return { usable: true };
  return { usable: false, reason: `${tool.name} is not installed`, fix: installCommand(tool, host.env) };
}
