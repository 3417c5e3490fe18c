/** What `inspect` says of a container's network, in podman's shape. */
import type { PortRequest } from "../spec/request.ts";
import type { Addresses } from "./modes/mode.ts";

/** Podman's and docker's map: `80/tcp` to the places where it is published. */
export type PortMap = Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>>;

/** The facts of a container's record that are asked for. */
export interface RecordedNetwork {
  readonly networkMode: string;
  readonly ports: readonly PortRequest[];
  readonly addresses?: Addresses;
  /** `80/tcp`; exposed ports that are not published are shown with nothing. */
  readonly exposedPorts?: readonly string[];
}

/** The published ports as a map. */
export function portBindings(ports: readonly PortRequest[]): PortMap {
  const map: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of ports) (map[`${port.containerPort}/${port.protocol}`] ??= []).push({ HostIp: port.hostIp, HostPort: String(port.hostPort) });
  return map;
}

/** The NetworkSettings of `container inspect`; addresses are those of a running container only. */
export function networkSettings(record: RecordedNetwork, running: boolean): Readonly<Record<string, unknown>> {
  const endpoint = endpointSettings(running ? record.addresses ?? {} : {});
  const exposed = Object.fromEntries((record.exposedPorts ?? []).map((port) => [port.includes("/") ? port : `${port}/tcp`, null]));
  return {
    ...endpoint,
    Bridge: "",
    SandboxID: "",
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    Ports: { ...exposed, ...portBindings(record.ports) },
    SandboxKey: "",
    Networks: { [record.networkMode]: { ...endpoint, NetworkID: record.networkMode, DriverOpts: null, IPAMConfig: null, Links: null, Aliases: [] } },
  };
}

function endpointSettings(addresses: Addresses): Readonly<Record<string, unknown>> {
  return {
    EndpointID: "",
    Gateway: addresses.ipv4Gateway ?? "",
    IPAddress: addresses.ipv4 === "127.0.0.1" ? "" : addresses.ipv4 ?? "",
    IPPrefixLen: addresses.ipv4PrefixLength ?? 0,
    IPv6Gateway: addresses.ipv6Gateway ?? "",
    GlobalIPv6Address: addresses.ipv6 ?? "",
    GlobalIPv6PrefixLen: addresses.ipv6PrefixLength ?? 0,
    MacAddress: addresses.macAddress ?? "",
  };
}
