/** What `inspect` says of a container's network, in podman's shape. */
import type { PortRequest } from "../spec/request.ts";
import type { Addresses } from "./modes/mode.ts";
import type { AttachedNetwork } from "./user/join.ts";

/** Podman's and docker's map: `80/tcp` to the places where it is published. */
export type PortMap = Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>>;

/** The facts of a container's record that are asked for. */
export interface RecordedNetwork {
  readonly networkMode: string;
  readonly ports: readonly PortRequest[];
  readonly addresses?: Addresses;
  /** User-defined networks; then the mode is only the way out. */
  readonly networks?: readonly AttachedNetwork[];
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
  const joined = record.networks ?? [];
  // As podman: with several networks the fields outside of Networks stay empty.
  const [only] = joined.length === 1 ? joined : [];
  const endpoint = endpointSettings(!running || joined.length > 1 ? {} : only === undefined ? record.addresses ?? {} : addressesOf(only));
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
    Networks: joined.length === 0 ? { [record.networkMode]: networkSettingsOf(endpoint, record.networkMode, []) }
      : Object.fromEntries(joined.map((network) => [network.name, networkSettingsOf(endpointSettings(running ? addressesOf(network) : {}), network.name, network.aliases)])),
  };
}

function networkSettingsOf(endpoint: Readonly<Record<string, unknown>>, id: string, aliases: readonly string[]): Readonly<Record<string, unknown>> {
  return { ...endpoint, NetworkID: id, DriverOpts: null, IPAMConfig: null, Links: null, Aliases: aliases };
}

/** The first address of each family. */
function addressesOf(network: AttachedNetwork): Addresses {
  const four = network.addresses.find(({ address }) => !address.includes(":"));
  const six = network.addresses.find(({ address }) => address.includes(":"));
  return {
    macAddress: network.macAddress,
    ...(four === undefined ? {} : { ipv4: four.address, ipv4PrefixLength: four.prefixLength, ipv4Gateway: four.gateway }),
    ...(six === undefined ? {} : { ipv6: six.address, ipv6PrefixLength: six.prefixLength, ipv6Gateway: six.gateway }),
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
