import type { IdMapRequest } from "../../core/spec/request.ts";
import { list, value, type OptionValues } from "../option.ts";

/** Which ids a container has: shared by run and create. */
export const identityOptions = {
  userns: value("--userns", "MODE", "User namespace: private, keep-id[:uid=N,gid=N,size=N] (the caller keeps this id), auto[:size=N] (ids that no other container has), nomap (without the caller's id), host (the one around all of this user's containers), ns:PATH or container:NAME", { defaultText: "private; keep-id for the image's user where files of the caller are mounted" }),
  uidmap: list("--uidmap", "[FLAGS]ID:FROM[:COUNT]", "Map user ids from ID on in the container to those from FROM on of the user's own; FROM may be @HOSTID; + breaks up earlier maps, u and g restrict it to one kind", { commas: true }),
  gidmap: list("--gidmap", "[FLAGS]ID:FROM[:COUNT]", "Map group ids, as --uidmap does user ids", { commas: true }),
  subuidname: value("--subuidname", "NAME", "Map the user ids of NAME in /etc/subuid"),
  subgidname: value("--subgidname", "NAME", "Map the group ids of NAME in /etc/subgid"),
  hostuser: list("--hostuser", "USER", "Add a user of the host to the container's /etc/passwd", { commas: true }),
} as const;

/** The id maps of a request. */
export function idMapsOf(values: OptionValues<typeof identityOptions>): IdMapRequest {
  return {
    uids: values.uidmap, gids: values.gidmap,
    ...(values.subuidname === undefined ? {} : { subUidName: values.subuidname }), ...(values.subgidname === undefined ? {} : { subGidName: values.subgidname }),
  };
}
