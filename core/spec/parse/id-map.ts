/** `--uidmap` and `--gidmap`: `[ug+]CONTAINER:[@]FROM[:COUNT]`. */
import { CalaError } from "../../base/error.ts";
import type { MapLine } from "../../idmap/extend-map.ts";

/** A line, and which kinds of ids it is for besides those of its option. */
export interface ParsedMapLine extends MapLine {
  /** `u` or `g`: for this kind only, and not copied to the other. */
  readonly only?: "uids" | "gids";
}

/** @throws CalaError `id-map-invalid` */
export function parseMapLine(text: string): ParsedMapLine {
  const match = /^([ug+]*)(\d+):(@?)(\d+)(?::(\d+))?$/.exec(text);
  const [, flags = "", inside = "", host = "", outside = "", count = "1"] = match ?? [];
  const numbers = [inside, outside, count].map(Number);
  if (match === null || numbers.some((number) => number > 4294967294) || Number(count) === 0) {
    throw new CalaError("id-map-invalid", `invalid id map "${text}"`, { hint: "write [FLAGS]CONTAINER_ID:[@]FROM_ID[:COUNT]" });
  }
  return {
    inside: Number(inside), outside: Number(outside), ofHost: host === "@", count: Number(count), extends: flags.includes("+"),
    ...(flags.includes("u") === flags.includes("g") ? {} : { only: flags.includes("u") ? "uids" : "gids" }),
  };
}

/**
 * The lines for user ids and for group ids. As with podman, where only one option is given it stands for both, but for the lines that
 * say which kind they are for.
 * @throws CalaError `id-map-invalid`
 */
export function mapLinesOf(uidTexts: readonly string[], gidTexts: readonly string[]): { readonly uids: readonly MapLine[]; readonly gids: readonly MapLine[] } {
  const [fromUids, fromGids] = [uidTexts.map(parseMapLine), gidTexts.map(parseMapLine)];
  const of = (kind: "uids" | "gids", own: readonly ParsedMapLine[], other: readonly ParsedMapLine[]): readonly MapLine[] => {
    const shared = own.filter(({ only }) => only === undefined || only === kind);
    const borrowed = other.filter(({ only }) => only === kind || (only === undefined && shared.length === 0));
    return [...shared, ...borrowed];
  };
  return { uids: of("uids", fromUids, fromGids), gids: of("gids", fromGids, fromUids) };
}
