/** /etc/hosts of a container: podman's order. See hosts(5). */
import { CalaError } from "../base/error.ts";
import { isAddress } from "./address.ts";

/** One line of a hosts file. */
export interface HostsEntry {
  readonly address: string;
  readonly names: readonly string[];
}

/** What a hosts file is made from. */
export interface HostsInput {
  /** Text of the file to start from; the host's own. */
  readonly base: string;
  /** `NAME:ADDRESS`; several names may be joined by `;`. */
  readonly addHosts: readonly string[];
  /** What `host-gateway` stands for, and the address of `host.containers.internal`. */
  readonly hostGateway: string | undefined;
  /** Addresses of the container with its names. */
  readonly own: readonly HostsEntry[];
}

/** The names under which a container reaches its host. */
export const hostNames = ["host.containers.internal", "host.docker.internal"] as const;

/** Reads a hosts file; comments and lines that are no entries are dropped. */
export function parseHosts(text: string): HostsEntry[] {
  return text.split("\n").flatMap((line) => {
    const [address, ...names] = line.replace(/#.*$/, "").trim().split(/\s+/);
    return address !== undefined && address !== "" && names.length > 0 ? [{ address, names }] : [];
  });
}

/** `name:address`, `a;b:address`, `name:host-gateway`. @throws CalaError `add-host-invalid` */
export function parseAddHost(text: string, hostGateway: string | undefined): HostsEntry {
  const at = text.search(/[:=]/);
  const names = text.slice(0, Math.max(at, 0)).split(";").filter((name) => name !== "");
  const address = text.slice(at + 1).replace(/^\[(.*)\]$/, "$1");
  if (at <= 0 || names.length === 0 || address === "") throw invalid(text, "it is not NAME:ADDRESS");
  if (address === "host-gateway") {
    if (hostGateway === undefined) throw invalid(text, "this network has no way to the host", "write the address itself, or use the default network");
    return { address: hostGateway, names };
  }
  if (!isAddress(address)) throw invalid(text, `"${address}" is not an IP address`);
  return { address, names };
}

function invalid(text: string, why: string, hint = "--add-host db:10.0.0.5 or --add-host host:host-gateway"): CalaError {
  return new CalaError("add-host-invalid", `cannot add host "${text}": ${why}`, { hint });
}

/** The entries in order: the user's, the base file's, localhost where that lacks it, the host, the container itself. */
export function hostsEntries(input: HostsInput): HostsEntry[] {
  const extra = input.addHosts.map((text) => parseAddHost(text, input.hostGateway));
  const base = parseHosts(input.base).map((entry) => without(entry, hostNames)).filter((entry) => entry.names.length > 0);
  const known = new Set([...extra, ...base].flatMap((entry) => entry.names));
  const local = known.has("localhost") ? [] : [{ address: "127.0.0.1", names: ["localhost"] }, { address: "::1", names: ["localhost"] }];
  const taken = new Set(extra.flatMap((entry) => entry.names));
  const gateway = input.hostGateway === undefined ? [] : [without({ address: input.hostGateway, names: hostNames }, [...taken])];
  const own = input.own.map((entry) => without(entry, [...taken]));
  return [...extra, ...base, ...local, ...gateway, ...own].filter((entry) => entry.names.length > 0);
}

function without(entry: HostsEntry, names: readonly string[]): HostsEntry {
  return { address: entry.address, names: entry.names.filter((name) => !names.includes(name)) };
}

/** The file's text: address, tab, names. */
export function formatHosts(entries: readonly HostsEntry[]): string {
  return entries.map((entry) => `${entry.address}\t${entry.names.join(" ")}\n`).join("");
}
