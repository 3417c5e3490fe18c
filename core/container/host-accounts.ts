/** Lines for the container's /etc/passwd and /etc/group about users of the host (`--hostuser`, `--userns keep-id`). */
import { CalaError } from "../base/error.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { userInfo } from "node:os";
import type { AccountLine } from "./record.ts";

interface HostAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly comment: string;
  readonly home: string;
}

/**
 * One line per user, by name or id. With `ids` the user has those inside, and the group a line, too; `home` in place of the host's.
 * @throws CalaError `user-unknown`
 */
export function hostAccountLines(users: readonly string[], ids?: { readonly uid: number; readonly gid: number }, home?: string): AccountLine[] {
  return users.flatMap((user): AccountLine[] => {
    const account = findHostAccount(user);
    if (account === undefined && ids !== undefined) return [];
    if (account === undefined) throw new CalaError("user-unknown", `there is no user "${user}" on this host`, { hint: "getent passwd" });
    const { uid, gid } = ids ?? account;
    const directory = home ?? (ids === undefined ? account.home : "/");
    const group: AccountLine[] = ids === undefined ? [] : [{ file: "/etc/group", line: `${groupName(account)}:x:${gid}:${account.name}`, id: gid }];
    return [...group, { file: "/etc/passwd", line: `${account.name}:*:${uid}:${gid}:${account.comment}:${directory}:/bin/sh`, id: uid }];
  });
}

function findHostAccount(user: string): HostAccount | undefined {
  const lines = (readTextIfThere("/etc/passwd") ?? "").split("\n").map((line) => line.split(":"));
  const fields = lines.find(([name, , uid]) => name === user || uid === user);
  if (fields !== undefined) return { name: fields[0] ?? "", uid: Number(fields[2]), gid: Number(fields[3]), comment: fields[4] ?? "", home: fields[5] ?? "/" };
  const own = ownAccount();
  return own !== undefined && (own.name === user || String(own.uid) === user) ? own : undefined;
}

/** Where the host's file has no name for it, the user's. */
function groupName({ name, gid }: HostAccount): string {
  return (readTextIfThere("/etc/group") ?? "").split("\n").map((line) => line.split(":")).find((fields) => fields[2] === String(gid))?.[0] ?? name;
}

/** Users of a directory service are not in the file. */
function ownAccount(): HostAccount | undefined {
  try {
    const { username, uid, gid, homedir } = userInfo();
    return { name: username, uid, gid, comment: "", home: homedir };
  } catch {
    return undefined;
  }
}
