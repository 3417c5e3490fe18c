/** Asks the kernel whether ports of this host can be listened on, and for ports that nobody uses. */
import { closeSync } from "node:fs";
import { CalaError, isErrno } from "../base/error.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import type { PortRequest } from "../spec/request.ts";
import { addressBytes } from "./prefix.ts";

/** A port that is held until `release`, so that the next question gets another answer. */
interface HeldPort {
  readonly port: number;
  readonly release: () => Promise<void>;
}

/** `127.0.0.1:8080/tcp` */
export function portText(port: PortRequest): string {
  const ip = port.hostIp === "" ? "0.0.0.0" : port.hostIp;
  return `${ip.includes(":") ? `[${ip}]` : ip}:${port.hostPort}/${port.protocol}`;
}

/**
 * The same ports with every host port 0 replaced by a free one.
 * @throws CalaError `port-address-unknown`
 */
export async function chooseHostPorts(ports: readonly PortRequest[]): Promise<PortRequest[]> {
  const held: HeldPort[] = [];
  try {
    const chosen: PortRequest[] = [];
    for (const port of ports) {
      if (port.hostPort !== 0) {
        chosen.push(port);
        continue;
      }
      const hold = await holdFreePort(port, ports);
      held.push(hold);
      chosen.push({ ...port, hostPort: hold.port });
    }
    return chosen;
  } finally {
    await Promise.all(held.map((hold) => hold.release()));
  }
}

/** The kernel chooses; a number that was asked for with the same protocol is left to whoever asked. */
async function holdFreePort(port: PortRequest, asked: readonly PortRequest[]): Promise<HeldPort> {
  const refused: HeldPort[] = [];
  try {
    for (;;) {
      const hold = await listen(port).catch((error: unknown) => { throw explain(port, error); });
      if (!asked.some((other) => other.protocol === port.protocol && other.hostPort === hold.port)) return hold;
      refused.push(hold);
    }
  } finally {
    await Promise.all(refused.map((hold) => hold.release()));
  }
}

/**
 * Checks that every port can be listened on now.
 * @throws CalaError `port-in-use`, `port-privileged`, `port-address-unknown`
 */
export async function requireFreePorts(ports: readonly PortRequest[]): Promise<void> {
  const first = firstUnprivilegedPort();
  for (const port of ports) {
    requireUnprivileged(port, first);
    const hold = await listen(port).catch((error: unknown) => { throw explain(port, error); });
    await hold.release();
  }
}

/** Refuses what this kernel does not carry; ports of TCP and UDP need no look. @throws CalaError `port-protocol-unsupported` */
export async function requireCarried(ports: readonly PortRequest[]): Promise<void> {
  const port = ports.find(({ protocol }) => protocol === "sctp");
  if (port === undefined) return;
  const hold = await holdSctp({ hostIp: "", hostPort: 0, containerPort: 0, protocol: "sctp" }).catch((error: unknown) => { throw explain(port, error); });
  await hold.release();
}

/** First port that an ordinary user may listen on (kernel 4.11); 1024 unless the host says otherwise. */
export function firstUnprivilegedPort(): number {
  const value = Number.parseInt(readTextIfThere("/proc/sys/net/ipv4/ip_unprivileged_port_start") ?? "", 10);
  return Number.isNaN(value) ? 1024 : value;
}

/** Where `--low-ports shift` publishes a port: 8000 higher, or by the first thousands above the host's limit; undefined where that leaves no port. */
export function shiftedPort(hostPort: number, first: number): number | undefined {
  const shifted = hostPort + Math.max(8000, Math.ceil((first - 1) / 1000) * 1000);
  return shifted > 65535 ? undefined : shifted;
}

/** Refuses a port that only root may use, with the line that allows it. @throws CalaError `port-privileged` */
export function requireUnprivileged(port: PortRequest, first: number = firstUnprivilegedPort()): void {
  if (port.hostPort === 0 || port.hostPort >= first) return;
  const shifted = shiftedPort(port.hostPort, first);
  const other = shifted === undefined ? "and none is left to shift it to" : `--low-ports shift publishes ${shifted} instead`;
  throw new CalaError("port-privileged", `cannot publish ${portText(port)}: ports below ${first} are for root on this host (${other})`, {
    hint: `sudo sysctl -w net.ipv4.ip_unprivileged_port_start=${port.hostPort}`,
  });
}

function explain(port: PortRequest, error: unknown): unknown {
  if (isErrno(error, "EADDRINUSE")) {
    return new CalaError("port-in-use", `cannot publish ${portText(port)}: the port is in use`, { cause: error, hint: `ss -lnp 'sport = :${port.hostPort}' shows who listens there` });
  }
  if (isErrno(error, "EPROTONOSUPPORT", "ESOCKTNOSUPPORT")) {
    return new CalaError("port-protocol-unsupported", `cannot publish ${portText(port)}: this host's kernel has no SCTP, or has not loaded it`, { cause: error, hint: "sudo modprobe sctp" });
  }
  if (isErrno(error, "EADDRNOTAVAIL", "EINVAL", "ENOTFOUND", "EAFNOSUPPORT")) {
    return new CalaError("port-address-unknown", `cannot publish ${portText(port)}: this host has no address ${port.hostIp}`, { cause: error, hint: "ip address" });
  }
  return error;
}

async function listen(port: PortRequest): Promise<HeldPort> {
  if (port.protocol === "udp") return await bindUdp(port);
  return port.protocol === "sctp" ? await holdSctp(port) : await listenTcp(port);
}

async function holdSctp(port: PortRequest): Promise<HeldPort> {
  const { bindSctp } = await import("../sys/sctp-socket.ts");
  const held = bindSctp(addressBytes(port.hostIp === "" ? "0.0.0.0" : port.hostIp), port.hostPort);
  return { port: held.port, release: async () => closeSync(held.fd) };
}

async function listenTcp(port: PortRequest): Promise<HeldPort> {
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: port.hostPort, exclusive: true, ...(port.hostIp === "" ? {} : { host: port.hostIp, ipv6Only: true }) }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port.hostPort,
    release: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

async function bindUdp(port: PortRequest): Promise<HeldPort> {
  const { createSocket } = await import("node:dgram");
  const socket = createSocket({ type: port.hostIp.includes(":") ? "udp6" : "udp4" });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ port: port.hostPort, exclusive: true, ...(port.hostIp === "" ? {} : { address: port.hostIp }) }, resolve);
  });
  return { port: socket.address().port, release: () => new Promise((resolve) => void socket.close(() => resolve())) };
}
