/** A network's document, with podman's field names (podman-network-inspect(1)). */
import type { NetworkRecord } from "./record.ts";

/** A container that is on the network now. */
export interface NetworkMember {
  readonly id: string;
  readonly name: string;
  readonly interfaceName: string;
  readonly macAddress: string;
  /** With the length of the prefix: `10.89.0.2/24`. */
  readonly addresses: readonly string[];
}

/** What `network inspect` and `network ls --format json` print. */
export function networkDocument(record: NetworkRecord, members?: readonly NetworkMember[]): Readonly<Record<string, unknown>> {
  return {
    name: record.name,
    id: record.id,
    driver: record.driver,
    network_interface: record.bridge,
    created: record.createdAt,
    subnets: record.subnets.map(({ subnet, gateway, range }) => ({ subnet, gateway, ...(range === undefined ? {} : { lease_range: { start_ip: range[0], end_ip: range[1] } }) })),
    ...(record.routes.length === 0 ? {} : { routes: record.routes }),
    ipv6_enabled: record.subnets.some(({ subnet }) => subnet.includes(":")),
    internal: record.internal,
    dns_enabled: record.dnsEnabled,
    ...(record.dnsServers.length === 0 ? {} : { network_dns_servers: record.dnsServers }),
    labels: record.labels,
    options: record.options,
    ipam_options: { driver: "host-local" },
    ...(members === undefined ? {} : { containers: Object.fromEntries(members.map((member) => [member.id, memberDocument(member)])) }),
  };
}

function memberDocument(member: NetworkMember): unknown {
  const subnets = member.addresses.map((ipnet) => ({ ipnet }));
  return { name: member.name, interfaces: { [member.interfaceName]: { subnets, mac_address: member.macAddress } } };
}
