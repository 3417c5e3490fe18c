/** Which kernel parameters belong to a container's namespaces. */
import { CalaError } from "../base/error.ts";

const ipcNames = new Set([
  "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
]);
const utsNames = new Set(["kernel.domainname", "kernel.hostname"]);

/** Which of the namespaces with parameters are the container's own. */
export interface NewNamespaces {
  readonly network: boolean;
  readonly ipc: boolean;
  readonly uts: boolean;
}

/**
 * The parameters to write, with podman's default that lets every process of a new network namespace send pings.
 * @throws CalaError `sysctl-invalid` where a parameter would reach outside the container
 */
export function containerSysctls(requested: Readonly<Record<string, string>>, fresh: NewNamespaces): Record<string, string> {
  const result: Record<string, string> = fresh.network ? { "net.ipv4.ping_group_range": "0 0" } : {};
  for (const [written, value] of Object.entries(requested)) {
    const name = written.replaceAll("/", ".");
    checkNamespaced(name, value, fresh);
    result[name] = value;
  }
  return result;
}

function checkNamespaced(name: string, value: string, fresh: NewNamespaces): void {
  const place = namespaceOf(name);
  if (place === undefined) {
    throw new CalaError("sysctl-invalid", `sysctl "${name}" is not allowed: it is not namespaced, so it would change the whole host`);
  }
  if (!fresh[place.key]) {
    throw new CalaError("sysctl-invalid", `sysctl "${name}=${value}" can't be set since ${place.title} namespace is not the container's own`);
  }
}

function namespaceOf(name: string): { readonly key: keyof NewNamespaces; readonly title: string } | undefined {
  if (name.startsWith("net.") && !name.includes("..")) return { key: "network", title: "the network" };
  if (ipcNames.has(name) || name.startsWith("fs.mqueue.")) return { key: "ipc", title: "the IPC" };
  if (utsNames.has(name)) return { key: "uts", title: "the UTS" };
  return undefined;
}
