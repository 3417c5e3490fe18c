import { networkInterfaces } from "node:os";
import { readTextIfThere } from "../fs/read-json.ts";

/** What `hostAddress` looks at; os.networkInterfaces() has this shape. */
export type InterfaceAddresses = Readonly<Record<string, readonly { readonly address: string; readonly family: string; readonly internal: boolean }[] | undefined>>;

/**
 * The address under which other machines, and containers, know this host: that of the interface with the default route, else of any
 * other but loopback; IPv4 where there is one. Undefined: the host is on its own.
 */
export function hostAddress(interfaces: InterfaceAddresses = networkInterfaces(), proc = "/proc"): string | undefined {
  const first = defaultInterface(readTextIfThere(`${proc}/net/route`) ?? "");
  const all = Object.entries(interfaces)
    .flatMap(([name, addresses]) => (addresses ?? []).map((entry) => ({ ...entry, name })))
    .filter((entry) => !entry.internal && !entry.address.startsWith("fe80:"));
  const rank = (entry: { readonly name: string; readonly family: string }): number => (entry.family === "IPv4" ? 0 : 2) + (entry.name === first ? 0 : 1);
  return all.sort((left, right) => rank(left) - rank(right))[0]?.address;
}

/** Columns: interface, destination, …; see proc_pid_net(5). */
function defaultInterface(routes: string): string | undefined {
  return routes.split("\n").slice(1).map((line) => line.split("\t")).find((columns) => columns[1] === "00000000" && columns[7] === "00000000")?.[0];
}
