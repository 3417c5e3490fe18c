import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { CalaError } from "../../../core/base/error.ts";
import { chooseHostPorts, requireFreePorts, requireUnprivileged, shiftedPort } from "../../../core/network/free-port.ts";
import type { PortRequest } from "../../../core/spec/request.ts";

const port = (hostPort: number, protocol: PortRequest["protocol"] = "tcp", hostIp = "127.0.0.1"): PortRequest => ({ hostIp, hostPort, containerPort: 80, protocol });

async function rejected(promise: Promise<unknown>): Promise<CalaError> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, CalaError);
    return error as CalaError;
  }
  throw new Error("nothing was refused");
}

test("port 0 becomes a free port, each another; other ports stay", async () => {
  const chosen = await chooseHostPorts([port(0), port(0), port(4711), port(0, "udp")]);
  const numbers = chosen.map((each) => each.hostPort);
  assert.ok(numbers.every((number) => number > 0 && number < 65536));
  assert.is.not(numbers[0], numbers[1]);
  assert.is(numbers[2], 4711);
  await requireFreePorts(chosen.filter((_, index) => index !== 2));
});
test("a tcp port that somebody listens on", async () => {
  const server = createServer();
  const number = await new Promise<number>((resolve) => void server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)));
  try {
    const error = await rejected(requireFreePorts([port(number)]));
    assert.is(error.message, `cannot publish 127.0.0.1:${number}/tcp: the port is in use`);
    assert.is((await rejected(requireFreePorts([port(number, "tcp", "")]))).message, `cannot publish 0.0.0.0:${number}/tcp: the port is in use`);
    await requireFreePorts([port(number, "tcp", "127.0.0.2"), port(number, "udp")]);
  } finally {
    server.close();
  }
});
test("a udp port that somebody has", async () => {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => void socket.bind(0, "127.0.0.1", resolve));
  try {
    assert.is((await rejected(requireFreePorts([port(socket.address().port, "udp")]))).code, "port-in-use");
  } finally {
    socket.close();
  }
});
test("an address that the host does not have", async () => {
  assert.is((await rejected(requireFreePorts([port(40123, "tcp", "192.0.2.77")]))).code, "port-address-unknown");
});
test("a privileged port is refused with the line that allows it", () => {
  requireUnprivileged(port(1024), 1024);
  requireUnprivileged(port(80), 80);
  requireUnprivileged(port(0), 1024);
  try {
    requireUnprivileged(port(80), 1024);
    assert.unreachable();
  } catch (error) {
    assert.is((error as CalaError).hint, "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80");
  }
});
test("low ports are shifted by 8000, or by thousands enough to be above the host's limit; where none is left, the refusal says so", () => {
  const cases: [number, number, number | undefined][] = [[80, 1024, 8080], [1023, 1024, 9023], [80, 8001, 8080], [1, 8001, 8001], [80, 8002, 9080], [80, 9000, 9080], [443, 9001, 9443], [80, 9002, 10080], [80, 65400, undefined]];
  for (const [asked, first, shifted] of cases) assert.is(shiftedPort(asked, first), shifted, `${asked} of ${first}`);
  assert.throws(() => requireUnprivileged(port(80), 9000), /--low-ports shift publishes 9080 instead/);
  assert.throws(() => requireUnprivileged(port(80), 65400), /none is left to shift it to/);
});

test.run();
