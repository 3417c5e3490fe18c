/** Mounts that a user makes outside of containers, and which of them are still there in any namespace. */
import { spawnSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import { nativeProgram } from "../dirs/program.ts";
import { namesIn } from "../fs/list-names.ts";
import { errorOfWords } from "../idmap/spawn-in-namespace.ts";

/** @throws CalaError `unshare-needed` */
export function requireUnshare(words: string): void {
  if (process.getuid?.() === 0) return;
  throw new CalaError("unshare-needed", `"cala ${words}" cannot be used by an ordinary user outside a user namespace: nobody else would see the mount`, { hint: `cala unshare, and there: cala ${words}` });
}

/** Runs one of the native applets `mount-root` and `unmount-root`. @throws CalaError */
export function runMounting(argv: readonly string[], code: string, what: string): void {
  const { status, stderr } = spawnSync(nativeProgram(), argv, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  if (status !== 0) throw errorOfWords(stderr, code, what);
}

/** Where something is mounted in this process's namespace, or in another one's. Octal escapes stand for blanks and backslashes (proc_pid_mountinfo(5)). */
export function mountPoints(pid: number | "self" = "self"): Set<string> {
  return new Set(readFileSync(`/proc/${pid}/mountinfo`, "utf8").split("\n").map((line) => (line.split(" ")[4] ?? "").replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))));
}

/**
 * Which of some paths are mounted in any namespace in which a process of this user's lives: a mount that nobody can see any more is gone
 * with its namespace. Looks at one process per namespace.
 */
export function mountedAnywhere(paths: readonly string[]): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  for (const name of paths.length === 0 ? [] : namesIn("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      const namespace = readlinkSync(`/proc/${name}/ns/mnt`);
      if (seen.has(namespace)) continue;
      seen.add(namespace);
      const points = mountPoints(Number(name));
      for (const path of paths) if (points.has(path)) found.add(path);
    } catch {
      // Somebody else's process, or one that has ended.
    }
  }
  return found;
}
