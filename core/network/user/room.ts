/** What a network's process has room for (native/network.h). More is refused in words, never left out silently. */
import { CalaError } from "../../base/error.ts";

/** The most of each thing. */
export const room = { subnets: 8, servers: 4, routes: 16, aliases: 62, networks: 33, allowed: 256, textBytes: 16_383 } as const;

/** @throws CalaError `network-full` */
export function requireRoom(count: number, most: number, what: string): void {
  if (count > most) throw new CalaError("network-full", `cannot have ${count} ${what}: there is room for ${most}`);
}
