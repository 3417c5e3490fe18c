/** Columns of `ps --namespace`. */
import { readlinkSync } from "node:fs";

/** By the names of templates. */
export const namespaceColumns: readonly string[] = ["ID", "Names", "Pid", "CGROUPNS", "IPC", "MNT", "NET", "PIDNS", "USERNS", "UTS"];

const files = { CGROUPNS: "cgroup", IPC: "ipc", MNT: "mnt", NET: "net", PIDNS: "pid", USERNS: "user", UTS: "uts" } as const;

/** The numbers of a process's namespaces; empty without a process. */
export function namespaceFields(pid: number): Readonly<Record<keyof typeof files, string>> {
  const number = (file: string): string => {
    try {
      return pid === 0 ? "" : /\d+/.exec(readlinkSync(`/proc/${pid}/ns/${file}`))?.[0] ?? "";
    } catch {
      return ""; // it has ended meanwhile
    }
  };
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, number(file)])) as Record<keyof typeof files, string>;
}
