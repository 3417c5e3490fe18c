/** `--egress`: what a container may reach of the outside, enforced by a gate that it has no hold of (native/network-gate.c). */
import { assert } from "../base/assert.ts";
import { CalaError } from "../base/error.ts";
import type { NetworkJoin } from "../plan/launch-details.ts";
import { formatPrefix, parsePrefix } from "./prefix.ts";
import type { ModeHost, NetworkMode } from "./modes/mode.ts";
import { networkModes } from "./modes/index.ts";
import { requireRoom, room } from "./user/room.ts";
import { besideInterfaceName, ipv4, mtu } from "./modes/user-nic.ts";
import { hostNames } from "./hosts.ts";

/** One thing that is allowed. Port 0: any. */
export type EgressRule =
  | { readonly kind: "address"; readonly prefix: string; readonly port: number }
  /** `suffix`: everything below the domain, but not the domain itself. */
  | { readonly kind: "name" | "suffix"; readonly name: string; readonly port: number };

/** The address under which the container finds its gate, and its name server. */
export const gateAddress = "169.254.1.1";

/** The same for IPv6, where the way out has that. */
const gateAddress6 = "fd77:ca1a:0:1::1";

/** So long an answer of a name server is good for after its time: programs keep addresses, Java for 30 seconds. */
const graceSeconds = 30;

/** Reads the words of `--egress`; `DENY` allows nothing. @throws CalaError `egress-invalid` */
export function parseEgress(words: readonly string[]): EgressRule[] {
  return words.filter((word) => word !== "" && word.toUpperCase() !== "DENY").map(parseRule);
}

/** `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`; an IPv6 address without brackets has no port. */
function splitWord(word: string): readonly [host: string, port: string | undefined] {
  const [, bracketed, bracketPort] = /^\[([^\]]*)\](?::(\d+))?$/.exec(word) ?? [];
  if (bracketed !== undefined) return [bracketed, bracketPort];
  if (word.split(":").length > 2) return [word, undefined];
  const [, host = "", port] = /^(.*?)(?::(\d+))?$/.exec(word) ?? [];
  return [host, port];
}

function parseRule(word: string): EgressRule {
  const [host, portText] = splitWord(word);
  const port = portText === undefined ? 0 : Number(portText);
  if (portText !== undefined && (port < 1 || port > 65535)) throw invalid(word, "the port is not within 1 to 65535");
  const prefix = parsePrefix(host) ?? parsePrefix(`${host}/${host.includes(":") ? 128 : 32}`);
  if (prefix !== undefined) return { kind: "address", prefix: formatPrefix(prefix), port };
  const name = host.toLowerCase();
  if ((hostNames as readonly string[]).includes(name)) return { kind: "address", prefix: `${ipv4.gateway}/32`, port };
  const suffix = name.startsWith("*.");
  const plain = suffix ? name.slice(2) : name;
  if (!/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(plain) || plain.length > 253) throw invalid(word, "it is neither a name nor an address");
  return { kind: suffix ? "suffix" : "name", name: plain, port };
}

function invalid(word: string, why: string): CalaError {
  return new CalaError("egress-invalid", `cannot allow "${word}": ${why}`, { hint: "--egress DENY, --egress example.com:443,*.example.org,192.0.2.0/24" });
}

/** What a gate is made from. */
export interface GateInput {
  readonly words: readonly string[];
  readonly mode: NetworkMode;
  readonly host: ModeHost;
  /** Name of the container's interface to it. */
  readonly interfaceName: string;
  readonly directory: string;
  readonly config: string;
  /** File with the directories of the container's networks. */
  readonly peers: string;
  readonly dnsServers: readonly string[];
  readonly hostLoopback: boolean;
}

/** A gate: the request to its process, and the text of the file that the process is started with. */
export interface GatePlan {
  readonly join: NetworkJoin;
  readonly configText: string;
}

/** The mode that can be a gate's way out on this host. @throws CalaError `network-unavailable` */
export function gateMode(host: ModeHost): NetworkMode {
  const lost: string[] = [];
  const usable = networkModes.filter((mode) => {
    if (mode.gate === undefined) return false;
    const availability = mode.available(host);
    if (!availability.usable) lost.push(`${availability.reason} (${availability.fix})`);
    return availability.usable;
  });
  const best = usable.find((mode) => mode.outdated?.(host) !== true) ?? usable[0];
  if (best !== undefined) return best;
  throw new CalaError("network-unavailable", `--egress cannot be kept here: ${lost.join("; ")}`);
}

/** Plans the gate of one container. @throws CalaError `egress-invalid` */
export function planGate(input: GateInput): GatePlan {
  const rules = parseEgress(input.words);
  const way = input.mode.gate?.({ interfaceName: besideInterfaceName, hostLoopback: input.hostLoopback, host: input.host });
  assert(way !== undefined, "a gate's mode can be a gate's way out");
  const hops = [{ ...way.ipv4, length: 32, gate: gateAddress }, ...(way.ipv6 === undefined ? [] : [{ ...way.ipv6, length: 128, gate: gateAddress6 }])];
  const config = [
    "driver bridge", "bridge br0", `mtu ${mtu}`, "dns on", `grace ${graceSeconds}`,
    ...hops.flatMap(({ address, gateway, length, gate }) => [`gateway ${gate}/${length}`, `guest ${address}/${length}`, `hop ${gateway}`]),
    ...way.words.map((word) => `outside ${word}`),
    ...rules.map((rule) => (rule.kind === "address" ? `allow-address ${rule.prefix} ${rule.port}` : `allow-${rule.kind} ${rule.name} ${rule.port}`)),
  ];
  const request = [
    `interface ${input.interfaceName}`, ...hops.map(({ address, length }) => `address ${address}/${length}`),
    ...hops.map(({ gate, length }) => `route ${length === 32 ? "0.0.0.0/0" : "::/0"} ${gate} 0`), `peers ${input.peers}`, ...input.dnsServers.map((server) => `server ${server}`),
  ];
  const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
  requireRoom(input.dnsServers.length, room.servers, "name servers (--dns) of one container with --egress");
  requireRoom(rules.length, room.allowed, "names and addresses for --egress");
  requireRoom(Buffer.byteLength(text(config)), room.textBytes, "bytes of names and addresses for --egress");
  return { join: { network: "egress", directory: input.directory, config: input.config, request: text(request) }, configText: text(config) };
}
