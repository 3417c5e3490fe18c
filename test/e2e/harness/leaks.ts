/** What a finished test must not leave behind. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A sentence for each thing below `root` that is still there after everything was removed. */
export function leaksBelow(root: string, since: ReadonlySet<number>): string[] {
  return [...processLeaks(root, since), ...socketLeaks(root), ...directoryLeaks(root)];
}

/** All process ids of this moment. */
export function processIds(): Set<number> {
  return new Set(readdirSync("/proc").map(Number).filter((pid) => pid > 0));
}

/** Processes that were started for `root`: by their environment, their words or their mounts. This process and its parents do not count. */
export function processLeaks(root: string, since: ReadonlySet<number>): string[] {
  const found: string[] = [];
  for (const pid of processIds()) {
    if (since.has(pid) || pid === process.pid || isZombie(pid)) continue;
    const reason = ["environ", "cmdline", "mountinfo"].find((file) => readProc(pid, file).includes(root));
    if (reason === undefined) continue;
    found.push(`process ${pid} (${readProc(pid, "cmdline").replaceAll("\0", " ").slice(0, 200)}), by its ${reason}`);
  }
  return found.concat(ownMounts(root));
}

function ownMounts(root: string): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8").split("\n").filter((line) => line.includes(root)).map((line) => `mount ${line}`);
}

function socketLeaks(root: string): string[] {
  const names = readFileSync("/proc/net/unix", "utf8").split("\n").map((line) => line.split(/\s+/)[7] ?? "");
  return names.filter((name) => name.includes(root)).map((name) => `socket ${name}`);
}

const emptyAtTheEnd = ["data/containers", "data/names", "data/staging", "run/userns"];

function directoryLeaks(root: string): string[] {
  return emptyAtTheEnd.flatMap((dir) => entriesOf(join(root, dir)).map((name) => `${dir}/${name}`));
}

/** Names in a directory; none where it is missing. */
export function entriesOf(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function isZombie(pid: number): boolean {
  const text = readProc(pid, "stat");
  return text === "" || text.slice(text.lastIndexOf(")") + 2, text.lastIndexOf(")") + 3) === "Z";
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}
