/** resolv.conf: read, combined with what the user asks for, written. See resolv.conf(5). */
import { CalaError } from "../base/error.ts";
import { isAddress, isLoopback } from "./address.ts";

/** A resolv.conf, taken apart. */
export interface Resolver {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** What `--dns`, `--dns-search` and `--dns-option` say. */
export interface ResolverRequest {
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
}

/** Reads a resolv.conf; unknown lines are passed over, the last `search` or `domain` line counts. */
export function parseResolver(text: string): Resolver {
  const servers: string[] = [];
  const options: string[] = [];
  let search: string[] = [];
  for (const line of text.split("\n")) {
    const [word, ...rest] = line.replace(/\s[#;].*$/, "").trim().split(/\s+/);
    if (word === "nameserver" && rest[0] !== undefined) servers.push(rest[0]);
    else if (word === "search" || word === "domain") search = rest;
    else if (word === "options") options.push(...rest);
  }
  return { servers, search, options };
}

/** The host's name servers that a network of its own can reach: no loopback, no link-local with a zone. */
export function reachableServers(host: Resolver): string[] {
  return host.servers.filter((server) => isAddress(server) && !isLoopback(server) && server !== "0.0.0.0" && server !== "::");
}

/** Whether the host resolves through itself alone (systemd-resolved, dnsmasq), so that the container needs a forwarder. */
export function needsForwarder(host: Resolver): boolean {
  return host.servers.some(isLoopback) && reachableServers(host).length === 0;
}

/**
 * The resolver of a container that has a network of its own.
 *
 * `upstream` is the file of a local resolver's own servers (systemd-resolved's); they stand behind the forwarder, which carries UDP
 * only, so that a truncated answer has somewhere to go.
 */
export function reachableResolver(host: Resolver, upstream: Resolver | undefined, forwarder: string | undefined): Resolver {
  const direct = reachableServers(host);
  if (direct.length > 0) return { ...host, servers: direct };
  const behind = upstream === undefined ? [] : reachableServers(upstream);
  return { ...host, servers: [...(forwarder === undefined ? [] : [forwarder]), ...behind] };
}

/** Lays the user's wishes over a resolver; `--dns-search .` empties the search list. @throws CalaError `dns-invalid` */
export function applyRequest(base: Resolver, request: ResolverRequest): Resolver {
  const wrong = request.dns.find((server) => !isAddress(server));
  if (wrong !== undefined) throw new CalaError("dns-invalid", `DNS server "${wrong}" is not an IP address`, { hint: "--dns 9.9.9.9" });
  return {
    servers: request.dns.length > 0 ? request.dns : base.servers,
    search: request.dnsSearch.length === 0 ? base.search : request.dnsSearch.filter((domain) => domain !== "." && domain !== ""),
    options: request.dnsOptions.length > 0 ? request.dnsOptions : base.options,
  };
}

/** The file's text; empty where there is nothing to say. */
export function formatResolver(resolver: Resolver): string {
  const lines = [
    ...(resolver.search.length > 0 ? [`search ${resolver.search.join(" ")}`] : []),
    ...resolver.servers.map((server) => `nameserver ${server}`),
    ...(resolver.options.length > 0 ? [`options ${resolver.options.join(" ")}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
