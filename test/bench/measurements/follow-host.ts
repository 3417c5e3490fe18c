/** How soon running containers follow their host: in a world of its own, with hosts outside (test/e2e/harness/world.ts). */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../e2e/harness/places.ts";
import { worldCommand, writeWorld } from "../../e2e/harness/world.ts";
import type { Engine } from "../engine.ts";
import type { Measurement } from "../measurement.ts";

/** The only result of a script. */
function inWorld(engine: Engine, script: string): number {
  const root = cacheFolder("bench", "world");
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  engine.output("pull", "-q", "busybox");
  engine.output("save", "-q", "-o", join(root, "busybox.tar"), "busybox");
  writeWorld(root);
  const { program, words, env } = worldCommand(root, cacheFolder("bench", "cala"), script);
  const done = spawnSync(program, [...words], { env, encoding: "utf8", timeout: 120_000 });
  const slowest = Number(/^= (\d+)$/m.exec(done.stdout)?.[1]);
  if (Number.isNaN(slowest)) throw new Error(`the world said ${done.stdout}${done.stderr}`);
  return slowest;
}

/** A file renamed over the host's, or a link to another one, in turn. */
const changeResolver = `
const fs = require("node:fs"), now = () => performance.now(), rest = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
let slowest = 0;
for (let change = 1; change <= 20; change += 1) {
  const line = "nameserver 203.0.113." + change + "\\n", file = "/run/resolver-" + change;
  fs.writeFileSync(file, line);
  if (change % 2) fs.copyFileSync(file, "/etc/new"); else fs.symlinkSync(file, "/etc/new");
  const began = now();
  fs.renameSync("/etc/new", "/etc/resolv.conf");
  while (fs.readFileSync(process.argv[1], "utf8") !== line) { if (now() - began > 30000) throw new Error("never followed"); rest(0.2); }
  slowest = Math.max(slowest, now() - began);
  rest(30);
}
console.log("= " + Math.ceil(slowest));`;

const alone = { unit: "ms", ceiling: 2000, rounds: 3, images: ["busybox"], group: "networks", isAlone: true, isCold: true } as const;

export const followHost: readonly Measurement[] = [
  {
    ...alone, name: "follow-resolver", title: "a running container has the host's changed resolv.conf, the slowest of 20 changes",
    measure: (engine) => inWorld(engine, `
host A; cable lan0 $A 198.51.100.1 198.51.100.9; ip route add default via 198.51.100.9
cala run -d --name web $IMAGE sleep 300 > /dev/null
"$NODE" -e '${changeResolver}' "$(find /run/world -path "*/$(cala inspect --format '{{.Id}}' web)/etc/resolv.conf")"
`),
  },
  {
    ...alone, name: "follow-route", title: "a running container reaches out by the host's changed default route, the slowest of 6 changes",
    measure: (engine) => inWorld(engine, `
host A; host B; cable lan0 $A 198.51.100.1 198.51.100.9; cable lan1 $B 203.0.113.1 203.0.113.9
for pid in $A $B; do on $pid ip addr add 192.0.2.77/32 dev lo; done
server $A by-A 7777 192.0.2.77; server $B by-B 7777 192.0.2.77
ip route add default via 198.51.100.9
cala run -d --name web $IMAGE sh -c "mkfifo /quiet; exec sleep 300" > /dev/null
said() { cala exec web sh -c 'exec 3<>/quiet; timeout 2 nc -w 1 192.0.2.77 7777 <&3 2>/dev/null | head -n 1'; }
until [ "$(said)" = by-A ]; do sleep 0.2; done
slowest=0
for change in B A B A B A; do
  began=$(date +%s%N); [ $change = A ] && via=198.51.100.9 || via=203.0.113.9
  ip route replace default via $via; until [ "$(said)" = by-$change ]; do :; done
  took=$((($(date +%s%N) - began) / 1000000)); [ $took -gt $slowest ] && slowest=$took
done
result $slowest
`),
  },
];
