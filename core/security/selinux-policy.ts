/** SELinux of this host: whether it is there, and its policy, as asked of the kernel through /sys/fs/selinux (libselinux does the same). */
import { closeSync, existsSync, openSync, readSync, writeSync } from "node:fs";
import { readTextIfThere } from "../fs/read-json.ts";
import type { LoadedPolicy } from "./selinux.ts";

const root = "/sys/fs/selinux";

/** Whether SELinux is on, enforcing or not. */
export function hasSelinux(): boolean {
  return existsSync(`${root}/enforce`);
}

/** The contexts for containers of the policy that this host uses; undefined where it has none. */
export function policyContexts(): string | undefined {
  const policy = /^\s*SELINUXTYPE\s*=\s*(\S+)/m.exec(readTextIfThere("/etc/selinux/config") ?? "")?.[1] ?? "targeted";
  return readTextIfThere(`/etc/selinux/${policy}/contexts/lxc_contexts`);
}

/** The policy that is loaded. */
export function loadedPolicy(): LoadedPolicy {
  return {
    isEnforcing: readTextIfThere(`${root}/enforce`)?.trim() === "1",
    ownContext: readTextIfThere("/proc/self/attr/current")?.replace(/\0.*$/s, "").trim() || undefined,
    knows: (context) => ask("context", context) !== undefined,
    allows,
  };
}

/** What a class or permission that the policy does not name is: allowed, or not (`deny_unknown`). */
function allows(source: string, target: string, objectClass: string, permission: string): boolean {
  const index = readTextIfThere(`${root}/class/${objectClass}/index`)?.trim();
  const number = readTextIfThere(`${root}/class/${objectClass}/perms/${permission}`)?.trim();
  if (index === undefined || number === undefined) return readTextIfThere(`${root}/deny_unknown`)?.trim() !== "1";
  const allowed = Number.parseInt(ask("access", `${source} ${target} ${index}`)?.split(" ")[0] ?? "0", 16);
  return ((allowed >>> (Number(number) - 1)) & 1) === 1;
}

/** One question to the kernel and its answer; undefined: it refused the question. */
function ask(file: string, question: string): string | undefined {
  let fd = -1;
  try {
    fd = openSync(`${root}/${file}`, "r+");
    writeSync(fd, question);
    const answer = Buffer.alloc(4096);
    return answer.subarray(0, readSync(fd, answer, 0, answer.length, null)).toString().replace(/\0.*$/s, "").trim();
  } catch {
    return undefined;
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}
