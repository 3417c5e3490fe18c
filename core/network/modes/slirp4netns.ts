import { CalaError } from "../../base/error.ts";
import { findProgram } from "../../host/find-program.ts";
import type { HostTool } from "../../host/tools.ts";
import type { HelperLaunch } from "../../plan/launch-details.ts";
import { formatIpv4, parseIpv4Cidr } from "../address.ts";
import type { Addresses, GateWay, ModeInput, ModePlan, NetworkMode } from "./mode.ts";
import { parsePairs, parseSwitch } from "./options.ts";
import { ipv4, toolAvailable, mtu as defaultMtu } from "./user-nic.ts";

const program = "slirp4netns";
const tool: HostTool = { name: program, cost: "nothing to fall back on for the default network while the host is not connected, or has the passt of Debian 12", packages: { "": program }, versionArgs: ["--version"] };
const known = ["allow_host_loopback", "cidr", "enable_ipv6", "mtu", "outbound_addr", "outbound_addr6", "port_handler"];

/** Within the prefix that slirp4netns has. */
const ownIpv6 = { address: "fd00::100", gateway: "fd00::2" };

interface Settings {
  readonly allowHostLoopback: boolean;
  readonly cidr: { readonly base: number; readonly prefixLength: number };
  readonly enableIpv6: boolean;
  readonly mtu: number;
  readonly outbound: string | undefined;
  readonly outbound6: string | undefined;
}

/** A user-mode NIC with a TCP stack of its own: slower, but it starts on a host that is not connected. */
export const slirp4netns: NetworkMode = {
  name: program,
  summary: `a user-mode network card by slirp4netns: slirp4netns[:${known.join("=…,")}=…]`,
  isDefaultCandidate: true,
  tool,
  canPublish: true,
  check: (options) => void parseSettings(options, { hostLoopback: true, ipv6: true }),
  available: (host) => toolAvailable(tool, host),
  plan,
  gate,
};

function parseSettings(options: string, usual: { readonly hostLoopback: boolean; readonly ipv6: boolean }): Settings {
  const pairs = parsePairs(program, options, known);
  const handler = pairs.get("port_handler");
  // Both mean the same here: the helper forwards itself and the client's address is kept.
  if (handler !== undefined && handler !== "slirp4netns" && handler !== "rootlesskit") throw invalid("port_handler", handler, "slirp4netns or rootlesskit");
  const mtu = Number(pairs.get("mtu") ?? defaultMtu);
  if (!Number.isInteger(mtu) || mtu < 68 || mtu > 65521) throw invalid("mtu", pairs.get("mtu") ?? "", "a number from 68 to 65521");
  const cidr = parseIpv4Cidr(pairs.get("cidr") ?? "10.0.2.0/24");
  if (cidr === undefined || cidr.prefixLength > 25) throw invalid("cidr", pairs.get("cidr") ?? "", "an IPv4 network of /25 or larger, as 10.0.2.0/24");
  return {
    allowHostLoopback: parseSwitch(program, "allow_host_loopback", pairs.get("allow_host_loopback"), usual.hostLoopback),
    enableIpv6: parseSwitch(program, "enable_ipv6", pairs.get("enable_ipv6"), usual.ipv6),
    mtu, cidr, outbound: pairs.get("outbound_addr"), outbound6: pairs.get("outbound_addr6"),
  };
}

function invalid(name: string, value: string, wanted: string): CalaError {
  return new CalaError("network-option-invalid", `option "${name}" of network mode "${program}" is ${wanted}, not "${value}"`);
}

function plan(input: ModeInput): ModePlan {
  const { routes } = input.host;
  // A route that leads nowhere makes clients wait. A host that is not connected yet may get either kind.
  const settings = parseSettings(input.options, { hostLoopback: input.hostLoopback, ipv6: routes.ipv6 || !routes.ipv4 });
  const { base, prefixLength } = settings.cidr;
  const gateway = formatIpv4(base + 2);
  const addresses: Addresses = {
    ipv4: formatIpv4(base + 100), ipv4PrefixLength: prefixLength, ipv4Gateway: gateway,
    ...(input.macAddress === undefined ? {} : { macAddress: input.macAddress }),
  };
  const hostGateway = settings.allowHostLoopback ? gateway : input.host.address;
  const argv = [
    findProgram(program, input.host.env) ?? program, "--configure", `--mtu=${settings.mtu}`, `--cidr=${formatIpv4(base)}/${prefixLength}`,
    "--enable-sandbox", "--enable-seccomp", "--ready-fd={fd}", "--exit-fd={exit}",
    ...(settings.allowHostLoopback ? [] : ["--disable-host-loopback"]),
    ...(settings.enableIpv6 ? ["--enable-ipv6"] : []),
    ...(settings.outbound === undefined ? [] : [`--outbound-addr=${settings.outbound}`]),
    ...(settings.outbound6 === undefined ? [] : [`--outbound-addr6=${settings.outbound6}`]),
    ...(input.macAddress === undefined ? [] : [`--macaddress=${input.macAddress}`]),
    "{pid}", input.interfaceName,
  ];
  const main: HelperLaunch = { name: program, argv, env: [], when: "after", ready: { kind: "byte" }, endsAlone: true };
  return {
    namespace: "new", addresses, resolver: "reachable", dnsForwarder: formatIpv4(base + 3),
    helpers: [main],
    ...(hostGateway === undefined ? {} : { hostGateway }),
  };
}

/** Its name server is left out: the gate has one of its own. */
function gate({ host, hostLoopback, interfaceName }: Pick<ModeInput, "host" | "hostLoopback" | "interfaceName">): GateWay {
  return {
    words: [
      findProgram(program, host.env) ?? program, `--mtu=${defaultMtu}`, "--enable-sandbox", "--enable-seccomp", "--disable-dns", "--netns-type=path",
      ...(hostLoopback ? [] : ["--disable-host-loopback"]), ...(host.routes.ipv6 ? ["--enable-ipv6"] : []), "{ns}", interfaceName,
    ],
    ipv4, ...(host.routes.ipv6 ? { ipv6: ownIpv6 } : {}),
  };
}
