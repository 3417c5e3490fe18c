/** SELinux labels of containers, as container-selinux and go-selinux have them. */
import { existsSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import { readTextIfThere } from "../fs/read-json.ts";

/** What a container is labelled with: `USER:ROLE:TYPE:LEVEL`. */
export interface SelinuxLabels {
  /** Of its processes. */
  readonly process: string;
  /** Of its files. */
  readonly file: string;
  /** Of files that containers share: without categories. */
  readonly sharedFile: string;
  /** Of images' layers, which containers read and execute. */
  readonly imageFile: string;
}

/** Whether SELinux is on, enforcing or not. */
export function hasSelinux(): boolean {
  return existsSync("/sys/fs/selinux/enforce");
}

const categories = 1024;

/** Two of the categories, by the container's id: containers that differ in them are closed to each other. */
export function categoriesOf(id: string): string {
  const first = Number.parseInt(id.slice(0, 8), 16) % categories;
  const other = (first + 1 + (Number.parseInt(id.slice(8, 16), 16) % (categories - 1))) % categories;
  return `c${Math.min(first, other)},c${Math.max(first, other)}`;
}

/**
 * The labels of a container that asks for some (`--security-opt label=…`); undefined where it asks for none. @param contexts lxc_contexts of the policy
 * @throws CalaError `selinux-policy-missing`
 */
export function chooseLabels(words: readonly string[], id: string, contexts: string | undefined): SelinuxLabels | undefined {
  const wishes = words.filter((word) => word !== "nested");
  if (wishes.length === 0 || wishes.includes("disable")) return undefined;
  const labels = labelsOf(wishes, id, contexts);
  if (labels !== undefined) return labels;
  throw new CalaError("selinux-policy-missing", "the container cannot be given an SELinux label: this host's policy has no contexts for containers", { hint: "install container-selinux, or give --security-opt label=disable" });
}

/** The labels of a container; undefined where the policy has none for containers. @param wishes as in `label=level:s0:c1,c2` */
export function labelsOf(wishes: readonly string[], id: string, contexts: string | undefined): SelinuxLabels | undefined {
  const base = { process: contextOf(contexts, "process"), file: contextOf(contexts, "file") };
  if (base.process === undefined || base.file === undefined) return undefined;
  const wish = (name: string): string | undefined => wishes.findLast((word) => word.startsWith(`${name}:`))?.slice(name.length + 1);
  const level = wish("level") ?? `s0:${categoriesOf(id)}`;
  const [user, role, type] = base.process.split(":");
  const [fileUser, fileRole, fileType] = base.file.split(":");
  const file = [wish("user") ?? fileUser, fileRole, wish("filetype") ?? fileType].join(":");
  return { process: [wish("user") ?? user, wish("role") ?? role, wish("type") ?? type, level].join(":"), file: `${file}:${level}`, sharedFile: `${file}:s0`, imageFile: contextOf(contexts, "ro_file") ?? `${file}:s0` };
}

/** The line `NAME = "CONTEXT"`. */
function contextOf(contexts: string | undefined, name: string): string | undefined {
  return new RegExp(`^\\s*${name}\\s*=\\s*"([^":]+:[^":]+:[^":]+:[^"]+)"`, "m").exec(contexts ?? "")?.[1];
}

/** The contexts of the policy that this host uses; undefined where it has none. */
export function policyContexts(): string | undefined {
  const policy = /^\s*SELINUXTYPE\s*=\s*(\S+)/m.exec(readTextIfThere("/etc/selinux/config") ?? "")?.[1] ?? "targeted";
  return readTextIfThere(`/etc/selinux/${policy}/contexts/lxc_contexts`);
}
