/** The option words of `-v`, `--mount` and `--tmpfs`: which exist, which exclude each other, what they become. */
import { CalaError } from "../base/error.ts";

/** The kinds of mounts that a request can have. */
export type MountKind = "bind" | "volume" | "tmpfs" | "ramfs" | "image" | "glob" | "devpts";

/** How mounts that appear below a mount spread, see mount_namespaces(7). */
export const propagations: readonly string[] = ["private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable"];

/** Words of one group exclude each other. */
const groups: Readonly<Record<string, readonly string[]>> = {
  access: ["ro", "rw"],
  exec: ["exec", "noexec"],
  suid: ["suid", "nosuid"],
  dev: ["dev", "nodev"],
  recursion: ["bind", "rbind"],
  propagation: propagations,
  label: ["z", "Z"],
  copy: ["copy", "nocopy"],
  owner: ["U"],
  idmap: ["idmap"],
  link: ["no-dereference"],
  overlay: ["O"], upperdir: ["upperdir"], workdir: ["workdir"],
  copyUp: ["tmpcopyup", "notmpcopyup"],
  size: ["size"], mode: ["mode"], uid: ["uid"], gid: ["gid"],
  max: ["max"], newinstance: ["newinstance"], ptmxmode: ["ptmxmode"],
  atime: ["atime", "noatime", "relatime", "strictatime"],
  sync: ["sync", "async"],
};
const flagGroups = ["access", "exec", "suid", "dev"];
const bindGroups = [...flagGroups, "recursion", "propagation", "label", "owner", "idmap", "overlay", "upperdir", "workdir"];
const allowed: Readonly<Record<MountKind, readonly string[]>> = {
  bind: [...bindGroups, "link"],
  volume: [...bindGroups, "copy"],
  tmpfs: [...flagGroups, "propagation", "copyUp", "size", "mode", "uid", "gid", "atime", "sync", "owner"],
  // The kernel's ramfs knows a mode only.
  ramfs: [...flagGroups, "propagation", "copyUp", "mode", "atime", "sync"],
  glob: [...bindGroups, "link"],
  image: ["access", "label", "recursion"],
  devpts: [...flagGroups, "mode", "uid", "gid", "max", "newinstance", "ptmxmode"],
};
/**
 * Splits and checks option words. @returns group → word as written
 * @throws CalaError `mount-option-invalid`, `mount-option-unsupported`
 */
export function checkMountOptions(kind: MountKind, words: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const word of words) {
    const name = word.split("=")[0] ?? "";
    const group = allowed[kind].find((candidate) => groups[candidate]?.includes(name));
    if (group === undefined) throw new CalaError("mount-option-invalid", `invalid mount option "${word}" for a ${kind} mount`);
    if (word.startsWith("idmap=")) throw new CalaError("mount-option-unsupported", `the mount option "${word}" has a mapping of its own, and only the container's can be had`, { hint: "write idmap alone, with --uidmap and --gidmap for the container" });
    const earlier = found.get(group);
    if (earlier !== undefined && earlier !== word) {
      throw new CalaError("mount-option-invalid", `cannot pass both the mount options "${earlier}" and "${word}"`);
    }
    found.set(group, word);
  }
  checkOverlay(found);
  return found;
}

function checkOverlay(found: ReadonlyMap<string, string>): void {
  const places = [found.get("upperdir"), found.get("workdir")];
  const relative = places.find((word) => word !== undefined && !/^\w+=\//.test(word));
  if (relative !== undefined) throw new CalaError("mount-option-invalid", `invalid mount option "${relative}": it must be an absolute path`);
  const isOverlay = found.has("overlay");
  if (isOverlay && found.has("idmap")) throw new CalaError("mount-option-invalid", `cannot pass both the mount options "O" and "idmap"`);
  if (places.every((word) => word === undefined)) return;
  if (!isOverlay || places.includes(undefined)) throw new CalaError("mount-option-invalid", `the mount options "upperdir" and "workdir" need each other and "O"`, { hint: "write O,upperdir=/DIR,workdir=/OTHER on one file system" });
}

/** The directories of an overlay over a bind or volume: the ones asked for; undefined where none was. @throws CalaError */
export function overlayDirectories(words: readonly string[]): { readonly upper?: string; readonly work?: string } | undefined {
  if (!words.includes("O")) return undefined;
  const found = checkMountOptions("volume", words);
  if (!found.has("overlay")) return undefined;
  const path = (key: string): string | undefined => found.get(key)?.slice(key.length + 1);
  const [upper, work] = [path("upperdir"), path("workdir")];
  return upper === undefined || work === undefined ? {} : { upper, work };
}

/** Options of an overlay whose directories are known. @throws CalaError */
export function overlayOptions(source: string, words: readonly string[]): string[] {
  const found = checkMountOptions("volume", words);
  const { upper = "", work = "" } = overlayDirectories(words) ?? {};
  return [`lowerdir=${source}`, `upperdir=${upper}`, `workdir=${work}`, found.get("propagation") ?? "rprivate", found.get("access") ?? "rw", ...hardened(found, "nosuid", "nodev"), ...ownerWord(found)];
}

/** `U` is kept: the launch gives what is mounted to the container's user. */
function ownerWord(found: ReadonlyMap<string, string>): string[] {
  return found.has("owner") ? ["U"] : [];
}

/** Options of a bind or volume in the runtime config: podman's defaults, then what was asked. @throws CalaError */
export function bindOptions(kind: "bind" | "volume", words: readonly string[]): string[] {
  const found = checkMountOptions(kind, words);
  return [
    found.get("recursion") ?? "rbind",
    found.get("propagation") ?? "rprivate",
    found.get("access") ?? "rw",
    ...hardened(found, "nosuid", "nodev"),
    ...ownerWord(found), ...(found.has("idmap") ? ["idmap"] : []), ...(found.has("link") ? ["copy-symlink"] : []),
  ];
}

/** Options of a tmpfs in the runtime config. @throws CalaError */
export function tmpfsOptions(words: readonly string[], kind: "tmpfs" | "ramfs" = "tmpfs"): string[] {
  const found = checkMountOptions(kind, words);
  const rest = ["atime", "sync", "size", "mode", "uid", "gid"].flatMap((group) => found.get(group) ?? []);
  return [
    found.get("access") ?? "rw",
    found.get("propagation") ?? "rprivate",
    ...hardened(found, "nosuid", "nodev"),
    ...(found.get("copyUp") === "notmpcopyup" ? [] : ["tmpcopyup"]), ...ownerWord(found),
    ...rest,
  ];
}

/** Options of an additional devpts in the runtime config. @throws CalaError */
export function devptsOptions(words: readonly string[]): string[] {
  const found = checkMountOptions("devpts", words);
  const rest = ["mode", "uid", "gid", "max"].flatMap((group) => found.get(group) ?? []);
  return ["nosuid", found.get("exec") ?? "noexec", "newinstance", found.get("ptmxmode") ?? "ptmxmode=0666", ...rest];
}

/** `nosuid` and `nodev` unless lifted (`suid`, `dev`); `noexec` where asked. */
function hardened(found: ReadonlyMap<string, string>, suid: string, dev: string): string[] {
  const words = [found.get("suid") ?? suid, found.get("dev") ?? dev, found.get("exec") ?? "exec"];
  return words.filter((word) => word.startsWith("no"));
}
