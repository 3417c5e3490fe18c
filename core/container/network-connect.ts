/** Networks of a container that exists: connected, left, and joined anew while it runs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CalaError, isErrno } from "../base/error.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { isDefaultNetwork, splitNetworks } from "../network/choose-mode.ts";
import { none } from "../network/modes/none.ts";
import { formatHosts, parseHosts } from "../network/hosts.ts";
import { formatResolver, parseResolver } from "../network/resolver.ts";
import { attachmentText, parseAttachment, type Attachment } from "../network/user/attachment.ts";
import { networkOf, peersText, planAttachments, planJoins, type AttachedNetwork, type JoinContext } from "../network/user/join.ts";
import { releaseLease } from "../network/user/lease.ts";
import type { NetworkRecord } from "../network/user/record.ts";
import type { NetworkRequest } from "../spec/request.ts";
import { connectControl, notRunning, type ControlConnection } from "../monitor/control.ts";
import { isRunning, readLaunchFacts, type LaunchFacts } from "./launch.ts";
import { withContainerLock } from "./lock.ts";
import { isOnNetwork } from "./network-users.ts";
import type { ContainerRecord } from "./record.ts";
import { isAlive, viewOf } from "./view.ts";

/** Puts a container on a further network, now if it runs, and at each start. @throws CalaError `network-…`, `address-…` */
export async function connectNetwork(engine: Engine, record: ContainerRecord, attachment: Attachment): Promise<void> {
  const network = await networkOf(engine.dirs, attachment.network);
  await withContainerLock(engine, record, async (present) => {
    refuseMode(present);
    if (isOnNetwork(present, network)) throw new CalaError("network-connected", `container ${present.name} is already connected to network "${network.name}": network is already connected`);
    await planAttachments(joinContext(engine, present, []), [attachment]);
    if (isAlive(viewOf(engine.dirs, present))) await joinNow(engine, present, { ...attachment, network: network.name });
    const kept = splitNetworks(present.request.network.modes).networks.map(({ name, options }) => (options === "" ? name : `${name}:${options}`));
    writeModes(engine, present, [...kept, attachmentText({ ...attachment, network: network.name })]);
  });
}

/** Takes a container off a network. @throws CalaError `network-not-connected` */
export async function disconnectNetwork(engine: Engine, record: ContainerRecord, network: NetworkRecord): Promise<void> {
  await withContainerLock(engine, record, async (present) => {
    if (!isOnNetwork(present, network)) throw new CalaError("network-not-connected", `container ${present.name} is not connected to network "${network.name}"`, { hint: `cala inspect ${present.name}` });
    if (isAlive(viewOf(engine.dirs, present))) await leaveNow(engine, present, network);
    const rest = splitNetworks(present.request.network.modes).networks.filter(({ name }) => name !== network.name && !(name.length >= 2 && network.id.startsWith(name)));
    // As docker: one that has left its last network has none, not the default one.
    if (rest.length === 0) writeModes(engine, present, [none.name], { hasLeft: true });
    else writeModes(engine, present, rest.map(({ name, options }) => (options === "" ? name : `${name}:${options}`)));
  });
}

/** Joins a running container's networks anew; its addresses stay. */
export async function reloadNetworks(engine: Engine, record: ContainerRecord): Promise<void> {
  await withContainerLock(engine, record, async (present) => {
    const facts = readLaunchFacts(containerDir(engine.dirs, present.id));
    if (facts === undefined || facts.networks.length === 0 || !isAlive(viewOf(engine.dirs, present))) return;
    const wanted = splitNetworks(present.request.network.modes).networks.map(({ name, options }) => parseAttachment(name, options));
    const plan = await planJoins(joinContext(engine, present, facts.networks), wanted.map((attachment, index) => ({ ...attachment, interfaceName: facts.networks[index]?.interfaceName ?? `eth${index}` })));
    for (const join of plan.joins) {
      await withMonitor(engine, present, async (monitor) => await monitor.disconnect(join.directory));
      await withMonitor(engine, present, async (monitor) => await monitor.connect(join));
    }
  });
}

/** Networks are joined beside the usual way out, or where there is nothing any more; whoever asked for no network keeps that, as with podman. */
function refuseMode(record: ContainerRecord): void {
  const { mode } = splitNetworks(record.request.network.modes);
  if (mode === undefined || isDefaultNetwork(mode) || record.request.network.hasLeft === true) return;
  throw new CalaError("network-option-conflict", `container ${record.name} has the network mode "${mode.name}", beside which there are no other networks`, { hint: "make it with --network NAME" });
}

function joinContext(engine: Engine, record: ContainerRecord, previous: readonly AttachedNetwork[]): JoinContext {
  return {
    dirs: engine.dirs, containerId: record.id, containerName: record.name, previous, isRunning: (id) => isRunning(engine, id),
    noForward: isGated(record), dnsServers: record.request.network.dns.filter((server) => server !== "none"),
  };
}

/** Its name server is its gate's, which asks its networks for names of containers. */
function isGated(record: ContainerRecord): boolean {
  return record.request.network.egress !== undefined;
}

async function joinNow(engine: Engine, record: ContainerRecord, attachment: Attachment): Promise<void> {
  const dir = containerDir(engine.dirs, record.id);
  const facts = readLaunchFacts(dir);
  if (facts === undefined) return;
  const used = new Set(facts.networks.map(({ interfaceName }) => interfaceName));
  if (Object.keys(facts.addresses).length > 0) used.add("eth0"); // the way out of a container that began without networks
  const free = Array.from({ length: 64 }, (_, index) => `eth${index}`).find((name) => !used.has(name)) ?? "eth64";
  const plan = await planJoins(joinContext(engine, record, []), [{ ...attachment, interfaceName: attachment.interfaceName ?? free }]);
  const [join, joined] = [plan.joins[0], plan.networks[0]];
  if (join === undefined || joined === undefined) return;
  const { nameServer, ...rest } = joined;
  const network: AttachedNetwork = isGated(record) || nameServer === undefined ? rest : { ...rest, nameServer };
  try {
    await withMonitor(engine, record, async (monitor) => await monitor.connect(join));
  } catch (error) {
    for (const { address } of network.addresses) releaseLease(engine.dirs, network.name, address, record.id);
    if (!isErrno(error, "EEXIST")) throw error;
    throw new CalaError("network-connected", `container ${record.name} has an interface "${network.interfaceName}" already`, { cause: error });
  }
  update(engine, record, facts, [...facts.networks, network]);
}

async function leaveNow(engine: Engine, record: ContainerRecord, network: NetworkRecord): Promise<void> {
  const dir = containerDir(engine.dirs, record.id);
  const facts = readLaunchFacts(dir);
  const joined = facts?.networks.find((each) => each.id === network.id);
  if (facts === undefined || joined === undefined) return;
  const rest = facts.networks.filter((each) => each !== joined);
  await withMonitor(engine, record, async (monitor) => await monitor.disconnect(joined.directory));
  if (rest.length === 0) await withMonitor(engine, record, async (monitor) => await monitor.goOff());
  for (const { address } of joined.addresses) releaseLease(engine.dirs, network.name, address, record.id);
  update(engine, record, facts, rest);
}

async function withMonitor(engine: Engine, record: ContainerRecord, work: (monitor: ControlConnection) => Promise<void>): Promise<void> {
  const monitor = await connectControl(containerDir(engine.dirs, record.id));
  if (monitor === undefined) throw notRunning();
  try {
    await work(monitor);
  } finally {
    monitor.close();
  }
}

/** What is known of the start, and the files that the container sees: rewritten in place, since they are mounted. */
function update(engine: Engine, record: ContainerRecord, facts: LaunchFacts, networks: readonly AttachedNetwork[]): void {
  const dir = containerDir(engine.dirs, record.id);
  writeJson(containerFiles.launch(dir), { ...facts, networks });
  writeFileSync(containerFiles.networks(dir), peersText(networks));
  const ours = new Set([...facts.networks, ...networks].flatMap((network) => network.addresses.map(({ address }) => address)));
  rewrite(join(containerFiles.etc(dir), "hosts"), (text) => {
    const entries = parseHosts(text);
    const names = entries.find(({ address }) => ours.has(address))?.names ?? [record.name];
    const own = networks.flatMap((network) => network.addresses.map(({ address }) => ({ address, names })));
    return formatHosts([...entries.filter(({ address }) => !ours.has(address)), ...own]);
  });
  const former = new Set(facts.networks.flatMap(({ nameServer }) => nameServer ?? []));
  rewrite(join(containerFiles.etc(dir), "resolv.conf"), (text) => {
    const resolver = parseResolver(text);
    const servers = networks.flatMap(({ nameServer }) => nameServer ?? []);
    const others = resolver.servers.filter((server) => !former.has(server));
    return servers.length === 0 && others.length === 0 ? text : formatResolver({ ...resolver, servers: servers.length > 0 ? servers : others });
  });
}

function rewrite(path: string, change: (text: string) => string): void {
  try {
    writeFileSync(path, change(readFileSync(path, "utf8")));
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error; // --no-hosts, --dns none
  }
}

function writeModes(engine: Engine, record: ContainerRecord, modes: readonly string[], more: Pick<NetworkRequest, "hasLeft"> = {}): void {
  const { network } = record.request;
  const { ip: _ip, ip6: _ip6, macAddress: _mac, hasLeft: _left, ...rest } = network;
  // What was given for the only network is written with that network from now on.
  const first = splitNetworks(network.modes).networks[0]?.name;
  const kept = modes.map((text) => {
    const [mode] = splitNetworks([text]).networks;
    if (mode === undefined || mode.name !== first) return text;
    const attachment = parseAttachment(mode.name, mode.options);
    return attachmentText({ ...attachment, ...(network.ip === undefined ? {} : { ip: network.ip }), ...(network.ip6 === undefined ? {} : { ip6: network.ip6 }), ...(network.macAddress === undefined ? {} : { macAddress: network.macAddress }) });
  });
  const names = splitNetworks(kept).networks.map(({ name }) => name).join(",");
  writeJson(containerFiles.record(containerDir(engine.dirs, record.id)), { ...record, networkMode: names === "" ? kept[0] ?? "none" : names, request: { ...record.request, network: { ...rest, ...more, modes: kept } } });
}
