/** Checks a request as a whole, before anything is made. */
import { CalaError } from "../base/error.ts";
import { normalizeCapability } from "../security/capabilities.ts";
import { checkMountOptions } from "./mount-options.ts";
import { plannedMounts } from "./mounts.ts";
import { parseSignal } from "./parse/signal.ts";
import { parseUmask } from "./process.ts";
import type { ContainerRequest, LimitsRequest, PortRequest } from "./request.ts";

/** @throws CalaError `name-invalid` */
export function checkContainerName(name: string): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) {
    throw new CalaError("name-invalid", `invalid name "${name}": names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*`);
  }
  if (name.length > 255) throw new CalaError("name-invalid", `the name "${name.slice(0, 40)}…" is longer than 255 characters`);
}

/**
 * Finds what is wrong with a request by itself.
 * @throws CalaError
 */
export function validateRequest(request: ContainerRequest): void {
  if (request.name !== undefined) checkContainerName(request.name);
  checkHostname(request);
  if (request.shmSizeBytes !== undefined && ["host", "none"].includes(request.namespaces.ipc)) throw conflict(`cannot set shm-size with --ipc ${request.namespaces.ipc}`);
  if (request.remove && request.restart.name !== "no" && request.restart.name !== "on-failure") {
    throw conflict(`the --rm option conflicts with --restart, when the restartPolicy is not "" and "no"`);
  }
  plannedMounts(request.mounts, {});
  for (const mount of request.mounts) checkMountOptions(mount.kind, mount.options);
  [...request.capAdd, ...request.capDrop].forEach(normalizeCapability);
  if (request.stopSignal !== undefined) parseSignal(request.stopSignal);
  if (request.umask !== undefined) parseUmask(request.umask);
  if (request.stopTimeoutSeconds !== undefined && request.stopTimeoutSeconds < -1) throw conflict(`invalid stop timeout "${request.stopTimeoutSeconds}"`);
  if (request.oomScoreAdj !== undefined && Math.abs(request.oomScoreAdj) > 1000) {
    throw conflict(`invalid value "${request.oomScoreAdj}" for --oom-score-adj: it must be between -1000 and 1000`);
  }
  checkLimits(request.limits);
  if (request.cgroup?.mode === "disabled" && Object.keys(request.limits).length > 0) throw conflict("limits cannot be kept with --cgroups=disabled");
  checkPorts(request.network.ports);
  checkNetwork(request);
}

function checkHostname(request: ContainerRequest): void {
  const { hostname, namespaces } = request;
  if (hostname === undefined) return;
  if (namespaces.uts !== "private") throw conflict("cannot set hostname when running in the host UTS namespace");
  if (hostname.length === 0 || hostname.length > 64 || !/^[A-Za-z0-9_.-]+$/.test(hostname)) {
    throw new CalaError("hostname-invalid", `invalid hostname "${hostname}": use up to 64 letters, digits, "-", "_" and "."`);
  }
}

function checkLimits(limits: LimitsRequest): void {
  const { memoryBytes, memorySwapBytes, memoryReservationBytes } = limits;
  if (memorySwapBytes !== undefined && memorySwapBytes !== -1) {
    if (memoryBytes === undefined) throw conflict("you should always set the memory limit when using the memory-swap limit");
    if (memorySwapBytes < memoryBytes) throw conflict("minimum memory-swap limit should be larger than memory limit");
  }
  if (memoryBytes !== undefined && memoryReservationBytes !== undefined && memoryReservationBytes > memoryBytes) {
    throw conflict("minimum memory limit should be larger than memory reservation limit");
  }
  if (limits.cpus !== undefined && limits.cpuQuotaUs !== undefined) throw conflict("--cpus and --cpu-quota cannot be set together");
  if (limits.cpus !== undefined && limits.cpuPeriodUs !== undefined) throw conflict("--cpus and --cpu-period cannot be set together");
  if (limits.cpuPeriodUs !== undefined && (limits.cpuPeriodUs < 1000 || limits.cpuPeriodUs > 1_000_000)) {
    throw conflict("CPU cfs period cannot be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
  }
  if (limits.cpuQuotaUs !== undefined && limits.cpuQuotaUs > 0 && limits.cpuQuotaUs < 1000) throw conflict("CPU cfs quota cannot be less than 1ms (i.e. 1000)");
}

function checkPorts(ports: readonly PortRequest[]): void {
  const seen = new Map<string, PortRequest>();
  for (const port of ports) {
    if (port.hostPort === 0) continue;
    const key = `${port.hostIp}/${port.hostPort}/${port.protocol}`;
    if (seen.has(key)) throw conflict(`conflicting port mappings for host port ${port.hostPort} (protocol ${port.protocol})`);
    seen.set(key, port);
  }
}

function checkNetwork(request: ContainerRequest): void {
  const { network } = request;
  const mode = network.modes[0] ?? "default";
  const alone = ["none", "host"].includes(mode) || /^(container|ns):/.test(mode);
  if (alone && network.modes.length > 1) throw conflict(`cannot use the network mode "${mode}" together with other networks`);
  if (/^(container|ns):/.test(mode) && (network.ports.length > 0 || network.publishAll)) {
    throw conflict(`conflicting options: port publishing and the network mode "${mode}"`);
  }
  const hasResolver = network.dns.length + network.dnsSearch.length + network.dnsOptions.length > 0;
  if (hasResolver && (mode === "none" || mode.startsWith("container:"))) throw conflict(`conflicting options: dns and the network mode "${mode}"`);
  if (network.noHosts && network.hostsFile !== undefined) throw conflict("--no-hosts and --hosts-file cannot be set together");
  if (network.noHosts && network.addHosts.length > 0) throw conflict("--no-hosts and --add-host cannot be set together");
  if ((network.ip !== undefined || network.ip6 !== undefined || network.macAddress !== undefined) && alone) {
    throw conflict(`--ip, --ip6 and --mac-address cannot be set with the network mode "${mode}"`);
  }
}

function conflict(message: string): CalaError {
  return new CalaError("options-conflict", message);
}
