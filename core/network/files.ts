/** The contents of /etc/hosts, /etc/resolv.conf and /etc/hostname of a container. */
import { join } from "node:path";
import { readTextIfThere } from "../fs/read-json.ts";
import type { NetworkRequest } from "../spec/request.ts";
import { formatHosts, hostsEntries, parseHosts, type HostsEntry } from "./hosts.ts";
import type { ModePlan } from "./modes/mode.ts";
import type { AttachedNetwork } from "./user/join.ts";
import { applyRequest, formatResolver, parseResolver, reachableResolver } from "./resolver.ts";

/** A file's text, or the path of another container's file that is shared; absent: the image's own file stays. */
export type FileSource = { readonly text: string } | { readonly path: string };

/** The three files; each absent where the image keeps its own. */
export interface NetworkFiles {
  readonly hosts?: FileSource;
  readonly resolvConf?: FileSource;
  readonly hostname?: FileSource;
}

/** The host's own files that a container's are made from. */
export interface HostFiles {
  readonly hosts: string;
  readonly resolvConf: string;
  /** systemd-resolved's list of the servers behind its stub, where there is one. */
  readonly upstreamResolvConf: string | undefined;
}

/** Reads them; a missing file is an empty one. */
export function readHostFiles(root = "/"): HostFiles {
  return {
    hosts: readTextIfThere(join(root, "etc/hosts")) ?? "",
    resolvConf: readTextIfThere(join(root, "etc/resolv.conf")) ?? "",
    upstreamResolvConf: readTextIfThere(join(root, "run/systemd/resolve/resolv.conf")),
  };
}

/** What the files are made from. */
export interface FilesInput {
  readonly request: NetworkRequest;
  readonly plan: ModePlan;
  /** User-defined networks, in order. */
  readonly networks: readonly AttachedNetwork[];
  readonly host: HostFiles;
  /** What /etc/hosts begins with; the host's unless given. */
  readonly baseHosts?: string;
  readonly hostname: string;
  readonly containerName: string;
}

/** All three files. @throws CalaError `dns-invalid`, `add-host-invalid` */
export function networkFiles(input: FilesInput): NetworkFiles {
  const { plan, request } = input;
  const shared = plan.filesOf;
  if (shared !== undefined) {
    return { hosts: { path: join(shared.etcDir, "hosts") }, resolvConf: { path: join(shared.etcDir, "resolv.conf") }, hostname: { path: join(shared.etcDir, "hostname") } };
  }
  return {
    ...(request.noHosts ? {} : { hosts: { text: hostsText(input) } }),
    ...(request.dns.includes("none") ? {} : { resolvConf: { text: resolverText(input) } }),
    ...(request.noHostname ? {} : { hostname: { text: `${input.hostname}\n` } }),
  };
}

function hostsText(input: FilesInput): string {
  return formatHosts(hostsEntries({ base: input.baseHosts ?? input.host.hosts, addHosts: input.request.addHosts, hostGateway: input.plan.hostGateway, own: ownEntries(input) }));
}

function ownEntries(input: FilesInput): HostsEntry[] {
  const names = [...new Set([input.hostname, input.containerName])].filter((name) => name !== "");
  const { ipv4, ipv6 } = input.plan.addresses;
  const joined = input.networks.flatMap((network) => network.addresses.map(({ address }) => address));
  const addresses = joined.length > 0 ? joined : [ipv4, ipv6].filter((address) => address !== undefined);
  if (addresses.length > 0) return addresses.map((address) => ({ address, names }));
  // The host's network: its file knows the host's name, and only a name of the container's own must be added (Debian Policy 127.0.1.1).
  const known = new Set(parseHosts(input.baseHosts ?? input.host.hosts).flatMap((entry) => entry.names));
  return [{ address: "127.0.1.1", names: names.filter((name) => !known.has(name)) }];
}

/** The domain of containers' names, looked through first; native/dns-names.c answers for it. */
const ownDomain = "dns.cala";

/** The networks answer, and ask others themselves; those that lead nowhere else come last. */
function networksResolver(input: FilesInput, servers: readonly string[]): string {
  const base = parseResolver(input.host.resolvConf);
  const resolver = applyRequest({ ...base, search: [ownDomain, ...base.search] }, { ...input.request, dns: [] });
  return formatResolver({ ...resolver, servers });
}

function resolverText(input: FilesInput): string {
  const { request, host, plan } = input;
  const ordered = [...input.networks].sort((one, other) => Number(one.internal) - Number(other.internal));
  const servers = ordered.flatMap(({ nameServer }) => nameServer ?? []);
  if (servers.length > 0) return networksResolver(input, servers);
  const untouched = request.dns.length + request.dnsSearch.length + request.dnsOptions.length === 0;
  if (plan.resolver === "host" && untouched) return host.resolvConf;
  const parsed = parseResolver(host.resolvConf);
  const upstream = host.upstreamResolvConf === undefined ? undefined : parseResolver(host.upstreamResolvConf);
  const base = plan.resolver === "host" ? parsed : reachableResolver(parsed, upstream, plan.dnsForwarder);
  return formatResolver(applyRequest(base, request));
}
