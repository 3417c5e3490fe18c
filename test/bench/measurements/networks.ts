/** Throughput, requests and latency through published ports, between containers and out of them; iperf3, wrk and nginx must be installed. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostAddress } from "../../../core/host/address.ts";
import type { Engine } from "../engine.ts";
import type { Measurement } from "../measurement.ts";

const network = "bench";
const megabytes = 512;
const image = "network-tools";
const server = ["sh", "-c", "nginx & exec iperf3 -s -p 8001"];

/** Where each engine's servers are reached. */
interface Reached {
  readonly speed: number;
  readonly web: number;
  readonly address: string;
}

const reached = new Map<Engine, Reached>();

function published(engine: Engine, port: string): number {
  return Number(/:(\d+)\s*$/.exec(engine.output("port", "server", port))?.[1]);
}

function serve(engine: Engine, options: readonly string[]): void {
  engine.output("pull", "-q", image);
  engine.output("network", "create", network);
  engine.output("run", "-d", "--name", "server", "-p", "127.0.0.1::8000", "-p", "127.0.0.1::8001", ...options, image, ...server);
  engine.output("run", "-d", "--name", "client", ...options, image, "sleep", "100000");
  engine.output("exec", "server", "sh", "-c", "until netstat -ltn | grep -q :8000 && netstat -ltn | grep -q :8001; do sleep 0.1; done");
  reached.set(engine, {
    web: published(engine, "8000/tcp"), speed: published(engine, "8001/tcp"),
    address: engine.output("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", "server"),
  });
}

function end(engine: Engine): void {
  engine.output("rm", "-f", "-t", "0", "server", "client");
  engine.output("network", "rm", "-f", network);
  reached.delete(engine);
}

function placeOf(engine: Engine): Reached {
  const place = reached.get(engine);
  if (place === undefined) throw new Error(`${engine.name} has no server`);
  return place;
}

function onHost(program: string, words: readonly string[]): string {
  const done = spawnSync(program, words, { encoding: "utf8", timeout: 60_000 });
  if (done.status !== 0 && !done.stdout.includes("busy running a test")) throw new Error(`${program} ${words.join(" ")} ended with ${done.status ?? done.error?.message}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}

const iperf = (host: string, port: number, ...more: readonly string[]): string[] => ["-c", host, "-p", String(port), "-J", "-n", `${megabytes}M`, ...more];

interface SpeedReport {
  readonly error?: string;
  readonly end: { readonly sum_received?: { readonly seconds: number } };
}

/** Milliseconds from the first byte to the last. A server that has not yet seen the end of its last client is asked again. */
function duration(run: () => string): number {
  for (let tries = 0; ; tries += 1) {
    const report = JSON.parse(run()) as SpeedReport;
    if (report.end.sum_received !== undefined) return report.end.sum_received.seconds * 1000;
    if (tries === 20 || report.error?.includes("busy") !== true) throw new Error(`iperf3: ${report.error ?? "no result"}`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
  }
}

/** Microseconds per request. */
function perRequest(text: string): number {
  return 1e6 / Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(text)?.[1]);
}

const wrk = (host: string, port: number, connections: number): string[] => ["-t", "1", "-c", String(connections), "-d", "2s", `http://${host}:${port}/`];

/** Milliseconds of all processors together, in ticks of 10. */
function busyMs(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").trim().split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) * 10;
}

function perGigabyte(work: () => void): number {
  const before = busyMs();
  work();
  return ((busyMs() - before) * 1024) / megabytes;
}

/** One server on this host for one client; what `work` does with its port. */
function withOutside<T>(work: (address: string, port: number) => T): T {
  const address = hostAddress();
  if (address === undefined) throw new Error("this host has no address but loopback");
  const port = 20_000 + (process.pid % 10_000);
  onHost("sh", ["-c", `iperf3 -s -1 -p ${port} >/dev/null 2>&1 & until ss -ltn | grep -q ":${port} "; do sleep 0.05; done`]);
  return work(address, port);
}

/** What the rows of one network do, each from a running server and a running client. */
function rows(short: string, what: string, options: readonly string[], budget: number): Measurement[] {
  const row = (name: string, title: string, unit: Measurement["unit"], measure: Measurement["measure"], limit = 1): Measurement => ({
    name: `${name}-${short}`, title: `${title}, ${what}`, unit, budget: limit, rounds: 5, images: [image], group: "networks", measure, prepare: (engine) => serve(engine, options), finish: end,
  });
  const out = (engine: Engine): string => onHost("iperf3", iperf("127.0.0.1", placeOf(engine).speed, "-R"));
  return [
    row("published-out", `${megabytes} MB out of a published port`, "ms", (engine) => duration(() => out(engine)), budget),
    row("published-in", `${megabytes} MB into a published port`, "ms", (engine) => duration(() => onHost("iperf3", iperf("127.0.0.1", placeOf(engine).speed))), budget),
    row("published-requests", "a request through a published port, 16 connections", "µs", (engine) => perRequest(onHost("wrk", wrk("127.0.0.1", placeOf(engine).web, 16)))),
    row("published-latency", "a request through a published port, one connection", "µs", (engine) => perRequest(onHost("wrk", wrk("127.0.0.1", placeOf(engine).web, 1)))),
    row("published-cpu", "processor time for 1 GB out of a published port", "ms", (engine) => perGigabyte(() => void duration(() => out(engine)))),
    row("outbound", `${megabytes} MB to another host`, "ms", (engine) => withOutside((address, port) => duration(() => engine.output("exec", "client", "iperf3", ...iperf(address, port))))),
    row("inbound", `${megabytes} MB from another host`, "ms", (engine) => withOutside((address, port) => duration(() => engine.output("exec", "client", "iperf3", ...iperf(address, port, "-R"))))),
    row("outbound-cpu", "processor time for 1 GB to another host", "ms", (engine) => withOutside((address, port) => perGigabyte(() => void engine.output("exec", "client", "iperf3", ...iperf(address, port))))),
  ];
}

const beside = ["--network", network];

/** Within one network. */
function between(name: string, title: string, unit: Measurement["unit"], measure: Measurement["measure"]): Measurement {
  return { name, title, unit, budget: 1, rounds: 5, images: [image], group: "networks", measure, prepare: (engine) => serve(engine, beside), finish: end };
}

export const networkMeasurements: readonly Measurement[] = [
  {
    name: "run-user-network", title: "`run --rm --network NAME IMAGE true`", unit: "ms", budget: 0.4, rounds: 11, images: ["busybox"], group: "networks",
    prepare: (engine) => {
      engine.output("pull", "-q", "busybox");
      engine.output("network", "create", network);
    },
    measure: (engine) => engine.time("run", "--rm", "--network", network, "busybox", "true"),
    finish: (engine) => void engine.output("network", "rm", "-f", network),
  },
  ...rows("default", "default network", [], 1),
  ...rows("user", "user network", beside, 1 / 3),
  between("between-containers", `${megabytes} MB from one container to another on a network`, "ms", (engine) => duration(() => engine.output("exec", "client", "iperf3", ...iperf(placeOf(engine).address, 8001)))),
  between("between-requests", "a request from one container to another, 16 connections", "µs", (engine) => perRequest(engine.output("exec", "client", "wrk", ...wrk(placeOf(engine).address, 8000, 16)))),
  between("between-latency", "a request from one container to another, one connection", "µs", (engine) => perRequest(engine.output("exec", "client", "wrk", ...wrk(placeOf(engine).address, 8000, 1)))),
  between("between-cpu", "processor time for 1 GB from one container to another", "ms", (engine) => perGigabyte(() => void engine.output("exec", "client", "iperf3", ...iperf(placeOf(engine).address, 8001)))),
];
