/** `--tmpfs TARGET[:OPTIONS]`. */
import { parseBytes } from "../../base/bytes.ts";
import { checkMountOptions } from "../mount-options.ts";
import { cleanTarget } from "../mounts.ts";
import type { MountRequest } from "../request.ts";

/** All of a command line; the last one of a target counts. @throws CalaError those of mount targets and options */
export function parseTmpfsList(texts: readonly string[]): MountRequest[] {
  return [...new Map(texts.map(parseTmpfs).map((mount) => [mount.target, mount])).values()];
}

/** @throws CalaError those of mount targets and options */
export function parseTmpfs(text: string): MountRequest {
  const colon = text.indexOf(":");
  const target = cleanTarget(colon < 0 ? text : text.slice(0, colon));
  const words = colon < 0 ? [] : text.slice(colon + 1).split(",").filter((word) => word !== "");
  const options = words.map((word) => (/^size=.*[^%]$/.test(word) ? `size=${parseBytes(word.slice(5))}` : word));
  checkMountOptions("tmpfs", options);
  return { kind: "tmpfs", target, options };
}
