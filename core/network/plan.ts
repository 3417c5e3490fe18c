/** Decides a container's network: mode, helpers, ports, addresses and files. Nothing is started or written here. */
import { CalaError } from "../base/error.ts";
import { ensureDir, type Dirs, type Environment } from "../dirs/dirs.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import { hostAddress } from "../host/address.ts";
import { defaultRoutes, type DefaultRoutes } from "../host/routes.ts";
import { toolVersion } from "../host/tool-version.ts";
import type { HelperLaunch, NamespaceChoice, NetworkJoin, ResolverFollow } from "../plan/launch-details.ts";
import type { NetworkRequest, PortRequest } from "../spec/request.ts";
import { chooseMode, splitNetworks, type ChosenMode } from "./choose-mode.ts";
import { requireEnoughFiles } from "./file-limit.ts";
import { networkFiles, readHostFiles, type FilesInput, type HostFiles, type NetworkFiles } from "./files.ts";
import { chooseHostPorts, firstUnprivilegedPort, portText, requireCarried, requireFreePorts, requireUnprivileged, shiftedPort } from "./free-port.ts";
import type { Addresses, JoinableContainer, ModeHost, ModePlan, ModeText, NetworkMode } from "./modes/mode.ts";
import { none } from "./modes/none.ts";
import { besideInterfaceName, interfaceName, ipv4 } from "./modes/user-nic.ts";
import { publishedPorts, refuseConflicts } from "./ports.ts";
import { portPublisher } from "./publish.ts";
import { needsForwarder, parseResolver } from "./resolver.ts";
import type { Attachment } from "./user/attachment.ts";
import type { AttachedNetwork, JoinPlan } from "./user/join.ts";

/** What is known of the container and its host. */
export interface NetworkContext {
  readonly containerId: string;
  readonly containerName: string;
  readonly hostname: string;
  /** EXPOSE of the image: `80/tcp`. */
  readonly exposedPorts: readonly string[];
  readonly dirs: Dirs;
  /** Whether a container is alive, by its id. */
  readonly isRunning: (id: string) => boolean;
  /** The user-defined networks of its last start. */
  readonly previous?: readonly AttachedNetwork[];
  readonly env: Environment;
  /** A running container by name or id. @throws CalaError when there is none */
  readonly findContainer: (name: string) => JoinableContainer;
  readonly notice: (text: string) => void;
  /** The container starts now: a port that somebody has is an error. */
  readonly starting?: boolean;
  /** Read from this host unless given. */
  readonly routes?: DefaultRoutes;
  readonly hostAddress?: string;
  readonly hostFiles?: HostFiles;
  /** What a container's /etc/hosts begins with, where that is not the host's. */
  readonly baseHosts?: string;
}

/** All that a container needs for its network. */
export interface NetworkPlan {
  /** For the record: `modeText` plans the same mode again. */
  readonly modeName: string;
  readonly modeText: string;
  readonly namespace: NamespaceChoice;
  readonly helpers: readonly HelperLaunch[];
  /** With host ports chosen. */
  readonly ports: readonly PortRequest[];
  readonly addresses: Addresses;
  readonly hostGateway?: string;
  readonly files: NetworkFiles;
  /** Text of the gate's file, with --egress. */
  readonly gateText?: string;
  /** How its resolv.conf follows the host's; absent: it does not. */
  readonly resolver?: ResolverFollow;
  /** User-defined networks; with addresses when it starts now. */
  readonly networks: readonly AttachedNetwork[];
  readonly joins: readonly NetworkJoin[];
  /** Files that helpers leave behind; to be removed with the container. */
  readonly leftovers: readonly string[];
}

/**
 * Plans the network of one container.
 * @throws CalaError `network-…`, `port-…`, `dns-invalid`, `add-host-invalid`
 */
export async function planNetwork(request: NetworkRequest, context: NetworkContext): Promise<NetworkPlan> {
  const host = hostOf(context);
  const choice = splitNetworks(request.hasLeft === true ? ["default"] : request.modes);
  const joined = choice.networks.length === 0 ? nowhere : await joinNetworks(request, choice.networks, context);
  const isInternal = joined.networks.length > 0 && joined.networks.every((network) => network.internal);
  const wanted = publishedPorts(request, context.exposedPorts);
  if (request.egress !== undefined) return await planGated({ request, context, host, joined, wanted });
  const chosen = chooseMode(isInternal ? { name: "none", options: "" } : choice.mode, host, context.notice);
  return await planChosen({ request, context, host, joined, wanted, chosen });
}

interface Planning {
  readonly request: NetworkRequest;
  readonly context: NetworkContext;
  readonly host: ModeHost;
  readonly joined: JoinPlan;
  readonly wanted: readonly PortRequest[];
  readonly chosen: ChosenMode;
}

/** Whether the way out is beside networks, or will be: one that has left its last network waits for the next (op `network-off`). */
function isBesideNetworks(request: NetworkRequest, joined: JoinPlan): boolean {
  return joined.networks.length > 0 || request.hasLeft === true;
}

/** Names of its networks; the mode's where it has none. */
function modeNameOf(request: NetworkRequest, joined: JoinPlan, mode: string): string {
  if (request.hasLeft === true) return none.name;
  return joined.networks.length > 0 ? joined.networks.map((network) => network.name).join(",") : mode;
}

const nowhere: JoinPlan = { networks: [], joins: [], leases: [] };

/** With a gate in the container's way out: no network card of its own, and all that leaves goes by way of the gate. */
async function planGated({ request, context, host, joined, wanted }: Omit<Planning, "chosen">): Promise<NetworkPlan> {
  const { planGate, gateAddress, gateMode } = await import("./egress.ts");
  const mode = gateMode(host);
  const dir = containerDir(context.dirs, context.containerId);
  const isBeside = isBesideNetworks(request, joined);
  const wantsDefault = isBeside || request.modes.every((mode) => ["default", "", "private"].includes(mode));
  const conflict = (what: string, hint: string): never => { throw new CalaError("network-option-conflict", `cannot use --egress with ${what}`, { hint }); };
  if (!wantsDefault) conflict(`network mode "${request.modes.join(" ")}"`, "leave --network out, or name networks");
  const ports = await resolvePorts(mode, request.lowPorts === "shift" ? shiftPorts(wanted, context.notice) : wanted, context);
  const gate = planGate({
    words: request.egress ?? [], mode, host, interfaceName: isBeside ? besideInterfaceName : interfaceName, hostLoopback: request.noHostLoopback !== true,
    directory: `${context.dirs.runtime}/networks/${context.containerId.slice(0, 12)}-gate`, config: containerFiles.gate(dir), peers: containerFiles.networks(dir), dnsServers: request.dns.filter((server) => server !== "none"),
  });
  ensureDir(`${context.dirs.runtime}/networks`);
  const plan: ModePlan = { namespace: "new", helpers: [], addresses: isBeside ? {} : { ipv4: ipv4.address, ipv4PrefixLength: 32, ipv4Gateway: gateAddress }, resolver: "none", hostGateway: ipv4.gateway };
  const networks = joined.networks.map(({ nameServer: _, ...network }) => network);
  const files = networkFiles({ request: { ...request, dns: [gateAddress] }, plan, networks, host: context.hostFiles ?? readHostFiles(), ...namesOf(context) });
  return {
    modeName: modeNameOf(request, joined, mode.name), modeText: mode.name, namespace: "new", helpers: publishers(ports, { ipv4: ipv4.address }, joined), ports, addresses: plan.addresses,
    hostGateway: ipv4.gateway, networks, joins: [...joined.joins, gate.join], leftovers: joined.leases, gateText: gate.configText, files,
  };
}

async function planChosen({ request, context, host, joined, wanted, chosen: { mode, options } }: Planning): Promise<NetworkPlan> {
  const hostFiles = context.hostFiles ?? readHostFiles();
  const ports = await resolvePorts(mode, request.lowPorts === "shift" ? shiftPorts(wanted, context.notice) : wanted, context);
  const isBeside = isBesideNetworks(request, joined);
  const plan = mode.plan({
    options, host, hostLoopback: request.noHostLoopback !== true, interfaceName: isBeside ? besideInterfaceName : interfaceName,
    dnsForward: request.dns.length === 0 && needsForwarder(parseResolver(hostFiles.resolvConf)),
    findContainer: context.findContainer,
    ...(request.macAddress === undefined || isBeside ? {} : { macAddress: request.macAddress }),
  });
  if (!isBeside) refuseUnfitting(request, mode, plan.filesOf !== undefined);
  return {
    modeName: modeNameOf(request, joined, mode.name), modeText: options === "" ? mode.name : `${mode.name}:${options}`,
    namespace: plan.namespace, helpers: [...plan.helpers, ...publishers(ports, plan.addresses, joined)], ports, addresses: isBeside ? {} : plan.addresses, leftovers: joined.leases,
    networks: joined.networks, joins: joined.joins,
    ...(plan.hostGateway === undefined ? {} : { hostGateway: plan.hostGateway }),
    ...follow(request, plan, joined),
    files: networkFiles({ request, plan: request.hasLeft === true ? { ...plan, addresses: {} } : plan, networks: joined.networks, host: hostFiles, ...namesOf(context) }),
  };
}

function namesOf({ hostname, containerName, baseHosts }: NetworkContext): Pick<FilesInput, "hostname" | "containerName" | "baseHosts"> {
  return { hostname, containerName, ...(baseHosts === undefined ? {} : { baseHosts }) };
}

/** The ports lead to the first network's address: what is there before the way out. */
function publishers(ports: readonly PortRequest[], addresses: Addresses, joined: JoinPlan): HelperLaunch[] {
  const own = joined.networks.flatMap((network) => network.addresses.map(({ address }) => address));
  return ports.length === 0 ? [] : [portPublisher(ports, own.find((address) => !address.includes(":")) ?? addresses.ipv4)];
}

/** A file that the user fixed, or that names the networks' own servers, stays as it is. */
function follow(request: NetworkRequest, plan: ModePlan, joined: JoinPlan): { readonly resolver?: ResolverFollow } {
  const isServed = joined.networks.some((network) => network.nameServer !== undefined);
  if (request.dns.length > 0 || isServed || request.hasLeft === true || plan.resolver === "none" || plan.filesOf !== undefined) return {};
  const search = request.dnsSearch.filter((domain) => domain !== "." && domain !== "").join(" ");
  const touched = request.dnsSearch.length + request.dnsOptions.length > 0;
  return { resolver: { forwarder: plan.dnsForwarder ?? "", gateway: plan.hostGateway === plan.addresses.ipv4Gateway ? plan.hostGateway ?? "" : "", search, options: request.dnsOptions.join(" "), verbatim: plan.resolver === "host" && !touched } };
}

/** Loaded only where there is such a network. */
async function joinNetworks(request: NetworkRequest, texts: readonly ModeText[], context: NetworkContext): Promise<JoinPlan> {
  const [{ parseAttachment, checkAttachment }, { planAttachments, planJoins }] = await Promise.all([import("./user/attachment.ts"), import("./user/join.ts")]);
  const fixed = request.ip !== undefined || request.ip6 !== undefined || request.macAddress !== undefined;
  if (fixed && texts.length > 1) {
    throw new CalaError("network-option-conflict", "--ip, --ip6 and --mac-address can be used with one network only", { hint: "--network NAME:ip=10.89.0.5 --network OTHER" });
  }
  const wanted = texts.map(({ name, options }): Attachment => {
    const own = parseAttachment(name, options);
    return checkAttachment({
      ...own, aliases: [...own.aliases, ...request.aliases],
      ...(request.ip === undefined ? {} : { ip: request.ip }), ...(request.ip6 === undefined ? {} : { ip6: request.ip6 }), ...(request.macAddress === undefined ? {} : { macAddress: request.macAddress }),
    });
  });
  if (context.starting === true && /[^.]{64}/.test(context.containerName)) context.notice(`the other containers do not find this one by its name: in DNS no part of a name is longer than 63 characters (--network-alias gives it another)`);
  const joining = {
    dirs: context.dirs, containerId: context.containerId, containerName: context.containerName, isRunning: context.isRunning,
    previous: context.previous ?? [], noForward: request.egress !== undefined, dnsServers: request.dns.filter((server) => server !== "none"),
  };
  return await (context.starting === true ? planJoins(joining, wanted) : planAttachments(joining, wanted));
}

/** Looked up when a mode asks: most of them never do. */
function hostOf(context: NetworkContext): ModeHost {
  let routes = context.routes;
  return {
    env: context.env,
    versionOf: (tool) => toolVersion(tool, context.dirs, context.env),
    get routes() { return routes ??= defaultRoutes(); },
    get address() { return context.hostAddress ?? hostAddress(); },
  };
}

/** Says where the ports go; those that root may use only are published higher. */
function shiftPorts(ports: readonly PortRequest[], notice: (text: string) => void): PortRequest[] {
  const first = firstUnprivilegedPort();
  const shiftedPorts = ports.map((port) => {
    const hostPort = port.hostPort === 0 || port.hostPort >= first ? undefined : shiftedPort(port.hostPort, first);
    if (hostPort === undefined) return port;
    const shifted = { ...port, hostPort };
    notice(`port ${port.containerPort}/${port.protocol} is published on ${portText(shifted)}, because ports below ${first} are for root on this host`);
    return shifted;
  });
  refuseConflicts(shiftedPorts);
  return shiftedPorts;
}

async function resolvePorts(mode: NetworkMode, wanted: readonly PortRequest[], context: NetworkContext): Promise<readonly PortRequest[]> {
  if (wanted.length === 0) return wanted;
  if (!mode.canPublish) {
    context.notice(`published ports are ignored: network mode "${mode.name}" has none of its own`);
    return [];
  }
  const first = firstUnprivilegedPort();
  for (const port of wanted) requireUnprivileged(port, first);
  requireEnoughFiles(wanted);
  await requireCarried(wanted);
  const chosen = await chooseHostPorts(wanted);
  if (context.starting === true) await requireFreePorts(chosen);
  return chosen;
}

/** Options that would silently do nothing. */
function refuseUnfitting(request: NetworkRequest, mode: NetworkMode, sharesFiles: boolean): void {
  const refuse = (option: string, hint: string): never => {
    throw new CalaError("network-option-conflict", `cannot use ${option} with network mode "${mode.name}"`, { hint });
  };
  if (request.ip !== undefined) refuse("--ip", "a fixed address needs a network of your own: cala network create NAME");
  if (request.ip6 !== undefined) refuse("--ip6", "a fixed address needs a network of your own: cala network create NAME");
  if (request.macAddress !== undefined && !mode.canPublish) refuse("--mac-address", "leave it out");
  if (request.aliases.length > 0) refuse("--network-alias", "cala network create NAME, then --network NAME");
  if (!sharesFiles) return;
  if (request.dns.length + request.dnsSearch.length + request.dnsOptions.length > 0) refuse("--dns, --dns-search or --dns-option", "give them to the container whose network is shared");
  if (request.addHosts.length > 0) refuse("--add-host", "give it to the container whose network is shared");
}
