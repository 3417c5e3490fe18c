import { spawnSync } from "node:child_process";
import type { Engine } from "../engine.ts";
import type { Measurement } from "../measurement.ts";

const megabytes = 256;
const bytes = String(megabytes * 1024 * 1024);
/** Sends that much to each who connects and does not hang up: with busybox, a client whose input is at its end has hung up. */
const sender = ["busybox", "sh", "-c", `while :; do head -c ${bytes} /dev/zero | nc -l -p 8000; done`];
const network = "bench";

function makeNetwork(engine: Engine): void {
  engine.output("pull", "-q", "busybox");
  engine.output("network", "create", network);
}

function removeNetwork(engine: Engine): void {
  engine.output("network", "rm", "-f", network);
}

/** Milliseconds until everything has come through a port of this host. */
function receive(port: string): number {
  const started = process.hrtime.bigint();
  const done = spawnSync("bash", ["-c", `head -c ${bytes} </dev/tcp/127.0.0.1/${port} | wc -c`], { encoding: "utf8", timeout: 120_000 });
  if (done.stdout.trim() !== bytes) throw new Error(`port ${port} gave ${done.stdout.trim()} bytes of ${bytes}: ${done.stderr}`);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

function serve(engine: Engine, options: readonly string[]): string {
  engine.output("run", "-d", "--name", "sender", "-p", "127.0.0.1::8000", ...options, ...sender);
  engine.output("exec", "sender", "sh", "-c", "until netstat -ltn | grep -q :8000; do sleep 0.1; done");
  return /:(\d+)\s*$/.exec(engine.output("port", "sender", "8000/tcp"))?.[1] ?? "";
}

function published(name: string, title: string, options: readonly string[]): Measurement {
  return {
    name, title, unit: "ms", budget: 1, rounds: 5, images: ["busybox"], group: "networks", prepare: makeNetwork, finish: removeNetwork,
    measure: (engine) => {
      const port = serve(engine, options);
      try {
        return receive(port);
      } finally {
        engine.output("rm", "-f", "-t", "0", "sender");
      }
    },
  };
}

export const networkMeasurements: readonly Measurement[] = [
  {
    name: "run-user-network", title: "`run --rm --network NAME IMAGE true`", unit: "ms", budget: 0.4, rounds: 11, images: ["busybox"], group: "networks", prepare: makeNetwork, finish: removeNetwork,
    measure: (engine) => engine.time("run", "--rm", "--network", network, "busybox", "true"),
  },
  published("published-default", `${megabytes} MB out of a published port, default network`, []),
  published("published-user", `${megabytes} MB out of a published port, user network`, ["--network", network]),
  {
    name: "between-containers", title: `${megabytes} MB from one container to another on a network, by name`, unit: "ms", budget: 1, rounds: 5, images: ["busybox"], group: "networks", prepare: makeNetwork, finish: removeNetwork,
    measure: (engine) => {
      serve(engine, ["--network", network]);
      try {
        return engine.time("run", "--rm", "--network", network, "busybox", "sh", "-c", `mkfifo /tmp/silent; exec 3<>/tmp/silent; [ "$(nc sender 8000 <&3 | head -c ${bytes} | wc -c)" = ${bytes} ]`);
      } finally {
        engine.output("rm", "-f", "-t", "0", "sender");
      }
    },
  },
];
