/** Each published port is a socket, or two, of the process that relays it, and each of them counts as an open file. */
import { existsSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import type { PortRequest } from "../spec/request.ts";

/** For the relay's own streams, and so that the first clients can be served. */
const others = 24;

/** How many open files this process may allow those that it starts; undefined: nobody knows. */
export function fileLimit(limits = readTextIfThere("/proc/self/limits") ?? ""): number | undefined {
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1];
  return hard === undefined ? undefined : Number(hard);
}

/** Refuses more ports than there may be sockets. @throws CalaError `files-too-few` */
export function requireEnoughFiles(ports: readonly PortRequest[], limit = fileLimit() ?? Infinity, hasSix = existsSync("/proc/net/if_inet6")): void {
  const needed = others + ports.reduce((sum, { hostIp }) => sum + (hostIp === "" && hasSix ? 2 : 1), 0);
  if (needed <= limit) return;
  throw new CalaError("files-too-few", `cannot publish ${ports.length} ports: that takes ${needed} open files, and the limit here is ${limit} (ulimit -Hn)`, {
    hint: `sudo prlimit --pid $$ --nofile=${needed}:${needed} raises it for this shell; for good: /etc/security/limits.conf, or publish fewer ports`,
  });
}
