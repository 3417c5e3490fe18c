/** `-p [[IP:][HOSTPORT]:]CONTAINERPORT[/PROTOCOL]`, with ranges. */
import { ipVersion } from "../../base/ip.ts";
import { CalaError } from "../../base/error.ts";
import type { PortRequest } from "../request.ts";

interface Range {
  readonly first: number;
  readonly count: number;
}

/** One entry per port; host port 0 where any free one will do. @throws CalaError `port-invalid` */
export function parsePublish(text: string): PortRequest[] {
  const [ports = "", protocolText, ...more] = text.split("/");
  if (more.length > 0) throw invalid(text, "too many slashes");
  const protocol = parseProtocol(protocolText ?? "tcp", text);
  const { hostIp, host, container } = splitPublish(ports, text);
  const inside = parseRange(container, text, 1);
  const outside = host === "" ? undefined : parseRange(host, text, 0);
  if (outside !== undefined && outside.count !== inside.count) {
    throw invalid(text, `host and container port ranges have different lengths: ${outside.count} vs ${inside.count}`);
  }
  return Array.from({ length: inside.count }, (_, index) => ({
    hostIp, hostPort: outside === undefined ? 0 : outside.first + index, containerPort: inside.first + index, protocol,
  }));
}

/** `--expose PORT[-PORT][/PROTOCOL]` as `80/tcp`, one per port. @throws CalaError `port-invalid` */
export function parseExpose(text: string): string[] {
  const [ports = "", protocolText] = text.split("/");
  const protocol = parseProtocol(protocolText ?? "tcp", text);
  const range = parseRange(ports, text, 1);
  return Array.from({ length: range.count }, (_, index) => `${range.first + index}/${protocol}`);
}

function splitPublish(ports: string, text: string): { hostIp: string; host: string; container: string } {
  const bracketed = /^\[([^\]]*)\]:(.*)$/.exec(ports);
  const rest = bracketed === null ? ports.split(":") : [bracketed[1] ?? "", ...(bracketed[2] ?? "").split(":")];
  if (rest.length > 3) throw invalid(text, `should be [[hostIP:][hostPort]:]containerPort`);
  if (bracketed !== null && rest.length !== 3) throw invalid(text, "an address needs a container port");
  const container = rest.at(-1) ?? "";
  const host = rest.length > 1 ? (rest.at(-2) ?? "") : "";
  const hostIp = rest.length > 2 ? (rest[0] ?? "") : "";
  if (hostIp !== "" && ipVersion(hostIp) === 0) throw invalid(text, `"${hostIp}" is not an IP address`);
  return { hostIp, host, container };
}

function parseRange(range: string, text: string, lowest: number): Range {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range);
  if (match === null) throw invalid(text, range === "" ? "the container port is missing" : `"${range}" is not a port or a range of ports`);
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (first < lowest || last > 65535) throw invalid(text, "port numbers must be between 1 and 65535 (inclusive)");
  if (last < first) throw invalid(text, `the range "${range}" ends before it begins`);
  return { first, count: last - first + 1 };
}

function parseProtocol(word: string, text: string): PortRequest["protocol"] {
  const lower = word.toLowerCase();
  if (lower !== "tcp" && lower !== "udp" && lower !== "sctp") throw invalid(text, `unrecognized protocol "${word}", use tcp, udp or sctp`);
  return lower;
}

function invalid(text: string, reason: string): CalaError {
  return new CalaError("port-invalid", `invalid port "${text}": ${reason}`);
}
