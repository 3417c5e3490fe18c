/** Ports for servers that must be told their port before they listen. */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

const first = 10_000;
/** Test files that run at once begin so far apart. */
const blockSize = 64;
let given = 0;

/**
 * A port of loopback that nobody has, neither of TCP nor of UDP, and that the kernel gives nobody who does not ask for it: it lies below the ports
 * that are chosen by the kernel, for it cannot be held until the server listens.
 */
export async function freePort(): Promise<number> {
  const end = firstChosenByKernel();
  const blocks = Math.floor((end - first) / blockSize);
  for (let tries = 0; tries < blocks * blockSize; tries++) {
    const port = first + (((process.pid % blocks) * blockSize) + given++) % (blocks * blockSize);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${first} to ${end} is free`);
}

/** See ip(7), ip_local_port_range. Where that begins so low that nothing is left, the usual one. */
export function firstChosenByKernel(): number {
  const start = Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/)[0]);
  return start > first + 1000 ? start : 32_768;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const datagrams = createSocket("udp4");
  const hasTcp = await new Promise<boolean>((resolve) => { server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true)); });
  const hasUdp = await new Promise<boolean>((resolve) => { datagrams.once("error", () => resolve(false)).bind(port, "127.0.0.1", () => resolve(true)); });
  if (hasTcp) await new Promise((resolve) => server.close(resolve));
  await new Promise<void>((resolve) => datagrams.close(resolve));
  return hasTcp && hasUdp;
}
