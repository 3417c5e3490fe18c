/** Which ids this user can have in containers. */
import { readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { CalaError } from "../base/error.ts";
import type { Environment } from "../dirs/dirs.ts";
import { findProgram } from "../host/find-program.ts";
import { identityTools, installCommand } from "../host/tools.ts";
import { hasXattr } from "../sys/getxattr.ts";
import { identityOver, mapSize, type IdRange, type IdRanges } from "./map.ts";
import { outerMap, subordinateRanges, type SubordinateRange } from "./subordinate.ts";

/** The map of the outer user namespace; `outside` are ids of the host. One line of one id on the lowest rung. */
export interface IdSupport extends IdRanges {
  /** Absolute paths; absent where they are not needed: a map of a single id, or root of a container. */
  readonly newuidmap?: string;
  readonly newgidmap?: string;
  /** Why there is but one id and what mends it; one line. */
  readonly notice?: string;
}

/** A program that writes maps, as found on this host. */
export interface MapProgram {
  readonly path: string;
  /** It gets privileges when this user starts it: the setuid bit, or file capabilities. */
  readonly privileged: boolean;
}

/** What was found on this host. */
export interface IdProbe {
  readonly uid: number;
  readonly gid: number;
  /** Absent: the uid has no account. */
  readonly name: string | undefined;
  readonly subuids: readonly SubordinateRange[];
  readonly subgids: readonly SubordinateRange[];
  readonly newuidmap: MapProgram | undefined;
  readonly newgidmap: MapProgram | undefined;
  /** The process can gain no privileges, neither can what it starts (prctl(2), PR_SET_NO_NEW_PRIVS). */
  readonly noNewPrivileges: boolean;
  /** The command that installs newuidmap. */
  readonly installCommand: string;
}

/** So many ids are free on most hosts, and hold `nobody` (65534), which images have. */
const suggestedRange = "100000-165535";
const wholeRange = 2 ** 32 - 1;

let remembered: { readonly path: string | undefined; readonly support: IdSupport } | undefined;

/**
 * Looks at this host and user: a few small files, no program unless the name service has the ids. Remembered, for several parts
 * of one command ask.
 * @throws CalaError `root-not-lowered` for the host's root: container root is never host root
 */
export function probeIds(env: Environment = process.env): IdSupport {
  if (remembered !== undefined && remembered.path === env["PATH"]) return remembered.support;
  const support = process.getuid?.() === 0 ? idsOfRoot(readMap("uid"), readMap("gid")) : decideIds(lookAtIds(env));
  remembered = { path: env["PATH"], support };
  return support;
}

/** Root of a container, in which cala runs, may map every id that the container has; the host's root is refused. Pure. */
export function idsOfRoot(uids: readonly IdRange[], gids: readonly IdRange[]): IdSupport {
  if (uids.length === 0 || mapSize(uids) >= wholeRange) {
    throw new CalaError("root-not-lowered", "cala does not run containers as the host's root", { hint: "start the installed cala, which runs root's containers as the account cala (./install.sh makes it)" });
  }
  const ids = { uids: identityOver(uids), gids: identityOver(gids) };
  return mapSize(uids) > 1 ? ids : { ...ids, notice: "containers have a single user id: the user namespace around them has no more" };
}

/** The full map where the host allows it, else the map of one id with the reason. Pure. */
export function decideIds(probe: IdProbe): IdSupport {
  const obstacle = obstacleOf(probe);
  if (obstacle !== undefined) return { uids: outerMap(probe.uid, []), gids: outerMap(probe.gid, []), notice: singleIdNotice(obstacle) };
  return {
    uids: outerMap(probe.uid, probe.subuids), gids: outerMap(probe.gid, probe.subgids),
    ...(probe.newuidmap === undefined ? {} : { newuidmap: probe.newuidmap.path }), ...(probe.newgidmap === undefined ? {} : { newgidmap: probe.newgidmap.path }),
  };
}

/** What is said once where there is but one id. @param obstacle what is in the way, and what mends it */
export function singleIdNotice(obstacle: string): string {
  return `containers have a single user id, owners and users are answered by a supervisor, calls about files are slower, and debuggers (strace, gdb) do not work in them: ${obstacle}`;
}

/** What is in the way, with the command that mends it. */
function obstacleOf(probe: IdProbe): string | undefined {
  const { newuidmap, newgidmap, name, subuids, subgids } = probe;
  if (newuidmap === undefined || newgidmap === undefined) return `"${newuidmap === undefined ? "newuidmap" : "newgidmap"}" is missing; ${probe.installCommand}`;
  const powerless = [newuidmap, newgidmap].filter(({ privileged }) => !privileged).map(({ path }) => path);
  if (powerless.length > 0) return `the setuid bit of ${powerless.map((path) => `"${path}"`).join(" and ")} is missing; sudo chmod u+s ${powerless.join(" ")}`;
  if (probe.noNewPrivileges) return "this session forbids new privileges (no_new_privs), which newuidmap needs; start cala outside of it";
  if (name === undefined) return `the user id ${probe.uid} has no account, for which ids could be set aside`;
  if (subuids.length > 0 && subgids.length > 0) return undefined;
  const options = [...(subuids.length > 0 ? [] : [`--add-subuids ${suggestedRange}`]), ...(subgids.length > 0 ? [] : [`--add-subgids ${suggestedRange}`])];
  return `"${name}" has no subordinate ${subuids.length > 0 ? "group ids" : "ids"}; sudo usermod ${options.join(" ")} ${name}`;
}

/** What this host and user have; reads a few files. */
export function lookAtIds(env: Environment): IdProbe {
  const { uid, gid, name } = currentUser();
  return {
    uid, gid, name,
    subuids: subordinateRanges("uid", name ?? "", uid), subgids: subordinateRanges("gid", name ?? "", uid),
    newuidmap: mapProgram("newuidmap", env), newgidmap: mapProgram("newgidmap", env),
    noNewPrivileges: /^NoNewPrivs:\s*1$/m.test(readFileSync("/proc/self/status", "utf8")),
    get installCommand(): string {
      const [tool] = identityTools;
      return tool === undefined ? "" : installCommand(tool, env);
    },
  };
}

function currentUser(): { readonly uid: number; readonly gid: number; readonly name: string | undefined } {
  try {
    const { uid, gid, username } = userInfo();
    return { uid, gid, name: username };
  } catch {
    // The uid has no entry in the user database.
    return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, name: undefined };
  }
}

/** Debian sets the setuid bit, Fedora and Arch give file capabilities instead. */
function mapProgram(name: string, env: Environment): MapProgram | undefined {
  const path = findProgram(name, env);
  if (path === undefined) return undefined;
  const { mode, uid } = statSync(path);
  return { path, privileged: ((mode & 0o4000) !== 0 && uid === 0) || hasXattr(path, "security.capability") };
}

function readMap(kind: "uid" | "gid"): IdRange[] {
  return readFileSync(`/proc/self/${kind}_map`, "utf8").split("\n").flatMap((line) => {
    const [inside, outside, count] = line.trim().split(/\s+/).map(Number);
    return inside === undefined || outside === undefined || count === undefined ? [] : [{ inside, outside, count }];
  });
}
