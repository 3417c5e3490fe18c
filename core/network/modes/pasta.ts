import { findProgram } from "../../host/find-program.ts";
import type { HostTool } from "../../host/tools.ts";
import type { HelperLaunch } from "../../plan/launch-details.ts";
import { CalaError } from "../../base/error.ts";
import type { Addresses, Availability, GateWay, ModeHost, ModeInput, ModePlan, NetworkMode } from "./mode.ts";
import { toolAvailable, ipv4, ipv6 } from "./user-nic.ts";

const program = "pasta";
const tool: HostTool = { name: program, cost: "the default network is slower", packages: { "": "passt" }, versionArgs: ["--version"] };

/** A user-mode NIC that passes sockets through: fast, keeps the client's address, no proxy. */
export const pasta: NetworkMode = {
  name: program,
  summary: "a user-mode network card by pasta: pasta[:OPTION,VALUE,…]",
  isDefaultCandidate: true,
  tool,
  canPublish: true,
  check: (options) => void splitOptions(options),
  available,
  outdated,
  plan,
  gate,
};

/** podman's word for the way to the host's loopback; pasta knows only its opposite. */
const mapGateway = "--map-gw";

/** The release of Debian 12. What is sent through it as fast as it goes stalls, and connections are reset; it fills 28 MB when it
 * starts; and two SYN of one connection (the kernel repeats it after 1 s) that it reads at one time keep it busy for ever. */
const unsteadyRelease = 20230309;

function outdated(host: ModeHost): boolean {
  return releaseDate(host) <= unsteadyRelease;
}

/** 20240510 from `pasta 2024_05_10.7288448` or `pasta 0.0~git20240510.7288448`; 0 where it says nothing, as Debian 12's. */
function releaseDate(host: ModeHost): number {
  return Number(/(20\d\d)_?(\d\d)_?(\d\d)/.exec(host.versionOf(tool))?.slice(1).join("") ?? 0);
}

/** pasta ends at once on a host that has no default route. */
function available(host: ModeHost): Availability {
  const installed = toolAvailable(tool, host);
  if (!installed.usable || host.routes.ipv4 || host.routes.ipv6) return installed;
  return { usable: false, reason: "the host has no default route, without which pasta does not start", fix: "connect the host, or use another network mode" };
}

/** Words for pasta's own command line, as podman takes them: separated by commas. */
function splitOptions(options: string): string[] {
  const words = options === "" ? [] : options.split(",");
  if (words[0] !== undefined && !words[0].startsWith("-")) {
    throw new CalaError("network-option-invalid", `network mode "${program}" takes options of pasta, not "${words[0]}"`, { hint: `--network ${program}:--mtu,1500` });
  }
  return words;
}

function plan(input: ModeInput): ModePlan {
  const words = splitOptions(input.options);
  const gives = (...names: readonly string[]): boolean => words.some((word) => names.includes(word) || names.some((name) => name.startsWith("--") && word.startsWith(`${name}=`)));
  const ownAddresses = gives("-a", "--address", "-g", "--gateway", "-n", "--netmask", "-4", "--ipv4-only", "-6", "--ipv6-only", "-i", "--interface");
  const addresses = { ...macOf(input), ...(ownAddresses ? {} : addressesFor(input.host)) };
  const mapped = gives(mapGateway) || (input.hostLoopback && !gives("--no-map-gw"));
  const gateway = mapped ? addresses.ipv4Gateway ?? addresses.ipv6Gateway : input.host.address;
  const argv = [
    findProgram(program, input.host.env) ?? program,
    // In the foreground it stays the monitor's child; quiet, since it would print what it configured.
    "--foreground", "--quiet", "--config-net", "--ns-ifname", input.interfaceName,
    // The outer namespace's root may enter the container's network namespace; only there are its capabilities enough.
    "--netns-only", "--netns", "/proc/{pid}/ns/net",
    ...addressWords(addresses),
    ...(input.dnsForward && !gives("--dns-forward") ? ["--dns-forward", ipv4.dns] : []),
    ...defaultWords(gives),
    // With it, the gateway's address leads to services that listen on the host's loopback.
    ...(mapped || gives("--no-map-gw") ? [] : ["--no-map-gw"]),
    ...words.filter((word) => word !== mapGateway),
  ];
  return {
    namespace: "new", helpers: [helper(argv, input.host, !gives("-t", "--tcp-ports", "-u", "--udp-ports"))], addresses, resolver: "reachable",
    // With addresses of the user's choice the host's own may be the container's.
    ...(gateway === undefined || ownAddresses ? {} : { hostGateway: gateway }),
    ...(input.dnsForward && !gives("--dns-forward") ? { dnsForwarder: ipv4.dns } : {}),
  };
}

function helper(argv: readonly string[], { routes }: ModeHost, endsAlone: boolean): HelperLaunch {
  const families = routes.ipv4 && routes.ipv6 ? "46" : routes.ipv6 ? "6" : "4";
  // Listening sockets are bound before the route is set, and packets wait in the tap device until pasta reads it.
  // Closing its tap device takes the kernel 30 ms; only published ports are worth waiting for.
  return { name: program, argv, env: [], when: "after", ready: { kind: "route", families }, endsAlone };
}

function gate({ host, hostLoopback, interfaceName }: Pick<ModeInput, "host" | "hostLoopback" | "interfaceName">): GateWay {
  const { routes } = host;
  return {
    words: [
      findProgram(program, host.env) ?? program, "--foreground", "--quiet", "--ns-ifname", interfaceName, "--netns-only", "--netns", "{ns}",
      ...(routes.ipv6 ? [] : ["--ipv4-only"]), ...(routes.ipv4 ? [] : ["--ipv6-only"]), ...addressWords(addressesFor(host)),
      "-t", "none", "-u", "none", "-T", "none", "-U", "none", ...(hostLoopback ? [] : ["--no-map-gw"]),
    ],
    ipv4, ...(routes.ipv6 ? { ipv6 } : {}),
  };
}

/** Without these, pasta mirrors every listening socket in both directions. */
function defaultWords(gives: (...names: readonly string[]) => boolean): string[] {
  const pairs = [["-t", "--tcp-ports"], ["-u", "--udp-ports"], ["-T", "--tcp-ns"], ["-U", "--udp-ns"]] as const;
  return pairs.flatMap(([short, long]) => (gives(short, long) ? [] : [short, "none"]));
}

function macOf(input: ModeInput): Addresses {
  return input.macAddress === undefined ? {} : { macAddress: input.macAddress };
}

function addressesFor({ routes }: ModeHost): Addresses {
  return {
    ...(routes.ipv4 ? { ipv4: ipv4.address, ipv4PrefixLength: ipv4.prefixLength, ipv4Gateway: ipv4.gateway } : {}),
    ...(routes.ipv6 ? { ipv6: ipv6.address, ipv6PrefixLength: ipv6.prefixLength, ipv6Gateway: ipv6.gateway } : {}),
  };
}

function addressWords(addresses: Addresses): string[] {
  const { ipv4: four, ipv4Gateway, ipv4PrefixLength, ipv6: six, ipv6Gateway, macAddress } = addresses;
  return [
    ...(four === undefined || ipv4Gateway === undefined ? [] : ["--address", four, "--netmask", String(ipv4PrefixLength), "--gateway", ipv4Gateway]),
    ...(six === undefined || ipv6Gateway === undefined ? [] : ["--address", six, "--gateway", ipv6Gateway]),
    ...(macAddress === undefined ? [] : ["--ns-mac-addr", macAddress]),
  ];
}
