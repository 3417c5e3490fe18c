/** Which ids a new container has. Decided once, when it is made: its files belong to those ids for as long as it exists. */
import { accountEntryLines } from "../spec/parse/account-entry.ts";
import { lstatSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import { findAccount, idsNeeded, type Account } from "../idmap/accounts.ts";
import { mapOfLines } from "../idmap/extend-map.ts";
import { isIdentity, keepIdMap, mapSize, noMap, rangeMap, type IdRange, type IdRanges } from "../idmap/map.ts";
import { namespaceObstacle } from "../idmap/namespaces.ts";
import { storeIds } from "../idmap/store-ids.ts";
import { ownRanges } from "../idmap/subordinate.ts";
import { mapLinesOf } from "../spec/parse/id-map.ts";
import { parseUserNamespace, type UserNamespaceMode } from "../spec/parse/user.ts";
import type { ContainerRequest } from "../spec/request.ts";
import { hostAccountLines } from "./host-accounts.ts";
import { imageText } from "./image-text.ts";
import { takeIds } from "./id-blocks.ts";
import type { ContainerRecord, IdentityRecord } from "./record.ts";
import { findContainer } from "./store.ts";
import { requestWithoutNamespaces } from "./without-namespaces.ts";

type Draft = Pick<ContainerRecord, "id" | "request" | "image">;

const leastAutoIds = 1024;

/**
 * The ids of a new container; undefined where they are those of every container: each id as itself, 0 being the user.
 * @throws CalaError `userns-invalid`, `userns-too-small`, `userns-conflict`, `userns-exhausted`, `id-map-invalid`, `user-unknown`, `namespaces-refused`
 */
export async function decideIdentity(engine: Engine, draft: Draft): Promise<IdentityRecord | undefined> {
  const { request } = draft;
  const obstacle = await namespaceObstacle(engine);
  if (obstacle !== undefined) requestWithoutNamespaces(request, obstacle);
  const asked = request.namespaces.user;
  const mode = parseUserNamespace(asked);
  checkConflicts(request, mode);
  const joined = joinedContainer(request, mode);
  if (joined !== undefined) return findContainer(engine.dirs, joined).identity;
  const kept = obstacle === undefined && asked === "" && !hasIdMaps(request) ? keptForMounts(engine, draft) : undefined;
  const identity = kept ?? await identityOf(engine, draft, mode);
  const accounts = [...(identity?.accounts ?? []), ...hostAccountLines(request.hostUsers), ...(request.accountEntries === undefined ? [] : accountEntryLines(request.accountEntries, request.user ?? draft.image.defaults.User))];
  if (identity === undefined && accounts.length === 0) return undefined;
  return { mode: asked === "" ? "private" : asked, ...identity, ...(accounts.length === 0 ? {} : { accounts }) };
}

function hasIdMaps({ namespaces: { idMaps } }: ContainerRequest): boolean {
  return idMaps.uids.length > 0 || idMaps.gids.length > 0 || idMaps.subUidName !== undefined || idMaps.subGidName !== undefined;
}

function checkConflicts(request: ContainerRequest, mode: UserNamespaceMode): void {
  if (hasIdMaps(request) && mode.kind !== "private") {
    throw new CalaError("userns-conflict", `--uidmap, --gidmap, --subuidname and --subgidname make a map, and "--userns ${request.namespaces.user}" another one`, { hint: "give one of them" });
  }
  if (request.groupAdd.includes("keep-groups") && request.groupAdd.length > 1) {
    throw new CalaError("userns-conflict", "the group keep-groups cannot be combined with other groups", { hint: "give --group-add keep-groups alone" });
  }
}

/** The container whose user namespace this one shares: one that is named, or the owner of the process namespace. */
function joinedContainer(request: ContainerRequest, mode: UserNamespaceMode): string | undefined {
  if (mode.kind === "container") return mode.value;
  return mode.kind === "private" && request.namespaces.pid.startsWith("container:") ? request.namespaces.pid.slice("container:".length) : undefined;
}

async function identityOf(engine: Engine, draft: Draft, mode: UserNamespaceMode): Promise<IdentityRecord | undefined> {
  const { uids, gids } = storeIds(engine);
  switch (mode.kind) {
    case "private":
      return hasIdMaps(draft.request) ? { mode: "private", ...linesMap(draft.request, { uids, gids }) } : undefined;
    case "keep-id":
      return keepId(draft, mode, { uids, gids });
    case "nomap":
      return { mode: "nomap", uids: noMap(uids), gids: noMap(gids) };
    case "auto":
      return await autoIds(engine, draft, mode, { uids, gids });
    default:
      return undefined;
  }
}

function keepId(draft: Draft, mode: Extract<UserNamespaceMode, { kind: "keep-id" }>, outer: IdRanges): IdentityRecord {
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const uid = mode.uid ?? own.uid;
  const gid = mode.gid ?? own.gid;
  const named = draft.request.user ?? draft.image.defaults.User ?? "";
  return {
    mode: draft.request.namespaces.user, uids: keepIdMap(uid, outer.uids, mode.size), gids: keepIdMap(gid, outer.gids, mode.size),
    ...(named === "" ? { user: `${uid}:${gid}` } : {}),
    // Whoever the process is, the files of the caller's group are open to it, as to the caller.
    ...(mapSize(outer.gids) === 1 ? {} : { group: gid }),
    ...(uid === 0 ? {} : { accounts: hostAccountLines([String(own.uid)], { uid, gid }, draft.request.workdir) }),
  };
}

/**
 * What makes files on mounts belong to the user without being asked: where something of the user's own is mounted and the image's program
 * runs as another user than root, that one is the user.
 */
function keptForMounts(engine: Engine, draft: Draft): IdentityRecord | undefined {
  const { request, image } = draft;
  // What lies in a directory of the host would belong to that user, too.
  if (request.rootfs?.overlay === false) return undefined;
  const user = request.user ?? image.defaults.User ?? "";
  if (["", "0", "root"].includes(user.split(":")[0] ?? "") || !request.mounts.some((mount) => mount.kind === "bind" && isOwn(mount.source))) return undefined;
  const { uids, gids } = storeIds(engine);
  const account = accountIn(engine, draft, user);
  if (account === undefined || account.uid === 0 || account.uid >= mapSize(uids) || account.gid >= mapSize(gids)) return undefined;
  return { mode: `keep-id:uid=${account.uid},gid=${account.gid}`, uids: keepIdMap(account.uid, uids), gids: keepIdMap(account.gid, gids) };
}

/** A source that is missing will be made, and belong to the user. */
function isOwn(source: string): boolean {
  return (lstatSync(source, { throwIfNoEntry: false })?.uid ?? process.getuid?.()) === process.getuid?.();
}

function accountIn(engine: Engine, draft: Draft, user: string): Account | undefined {
  return findAccount(user, imageText(engine, draft, "passwd"), imageText(engine, draft, "group"));
}

function linesMap({ namespaces: { idMaps } }: ContainerRequest, outer: IdRanges): IdRanges {
  if (idMaps.subUidName !== undefined || idMaps.subGidName !== undefined) {
    const [users, groups] = [idMaps.subUidName ?? idMaps.subGidName ?? "", idMaps.subGidName ?? idMaps.subUidName ?? ""];
    return { uids: rangesOf("uid", users, outer.uids), gids: rangesOf("gid", groups, outer.gids) };
  }
  const lines = mapLinesOf(idMaps.uids, idMaps.gids);
  return { uids: mapOfLines(lines.uids, outer.uids), gids: mapOfLines(lines.gids, outer.gids) };
}

/** The ids of a name in /etc/subuid, as far as the outer namespace has them. */
function rangesOf(kind: "uid" | "gid", name: string, outer: readonly IdRange[]): IdRange[] {
  let inside = 0;
  const lines = ownRanges(kind, name).map(({ first, count }) => {
    const line = { inside, outside: first, ofHost: true, count, extends: false };
    inside += count;
    return line;
  });
  if (lines.length === 0) throw new CalaError("userns-invalid", `"${name}" has no line in /etc/sub${kind}`, { hint: `sudo usermod --add-sub${kind}s 100000-165535 ${name}` });
  return mapOfLines(lines, outer);
}

async function autoIds(engine: Engine, draft: Draft, mode: Extract<UserNamespaceMode, { kind: "auto" }>, outer: IdRanges): Promise<IdentityRecord> {
  const available = Math.min(mapSize(outer.uids), mapSize(outer.gids)) - 1;
  const account = accountIn(engine, draft, draft.request.user ?? draft.image.defaults.User ?? "");
  const needed = Math.max(leastAutoIds, idsNeeded(imageText(engine, draft, "passwd"), imageText(engine, draft, "group")), (account?.uid ?? 0) + 1, (account?.gid ?? 0) + 1);
  const count = mode.size ?? needed;
  if (count > available || count < 1) throw new CalaError("userns-too-small", `the container needs ${count} ids of its own, and this user has ${Math.max(0, available)}`, { hint: "ask for fewer ids: --userns auto:size=1024" });
  const first = await takeIds(engine.dirs, draft.id, count, available);
  const over = (map: IdRange[], texts: readonly string[], ids: readonly IdRange[]): IdRange[] => {
    const lines = mapLinesOf(texts.map((text) => `+${text}`), []).uids;
    const own = map.map((range) => ({ ...range, ofHost: false, extends: false }));
    return lines.length === 0 ? map : mapOfLines([...own, ...lines], ids);
  };
  return {
    mode: draft.request.namespaces.user,
    uids: over(rangeMap(first, count, outer.uids), mode.uidMappings, outer.uids), gids: over(rangeMap(first, count, outer.gids), mode.gidMappings, outer.gids),
  };
}

/** The owners that the container's files have beyond those of the layers, or undefined where both are the same. */
export function movedIds({ identity }: Pick<ContainerRecord, "identity">): IdRanges | undefined {
  if (identity?.uids === undefined || identity.gids === undefined) return undefined;
  return isIdentity(identity.uids) && isIdentity(identity.gids) ? undefined : { uids: identity.uids, gids: identity.gids };
}
