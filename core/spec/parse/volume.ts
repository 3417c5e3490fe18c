/** `-v [SOURCE:]TARGET[:OPTIONS]`. */
import { resolve } from "node:path";
import { CalaError } from "../../base/error.ts";
import { checkMountOptions } from "../mount-options.ts";
import { cleanTarget } from "../mounts.ts";
import type { MountRequest } from "../request.ts";

/**
 * One volume: a path makes a bind, a name a named volume, a target alone an anonymous volume. Relative paths begin with `.`.
 * @throws CalaError `volume-invalid` and those of mount options
 */
export function parseVolume(text: string, cwd: string): MountRequest {
  const parts = text.split(":");
  const [first = "", second, third, ...rest] = parts;
  if (rest.length > 0 || first === "") throw invalid(text);
  if (second === undefined) return { kind: "volume", target: cleanTarget(first), options: [], copyUp: true };
  const options = (third ?? "").split(",").filter((word) => word !== "");
  if (second === "") throw invalid(text);
  return isPath(first) ? bindVolume(resolve(cwd, first), second, options) : namedVolume(first, second, options);
}

/** Of binds: docker's words for its desktop machines, and what is always so. */
const idleWords = ["cached", "delegated", "consistent", "copy", "nocopy"];

function bindVolume(source: string, target: string, words: readonly string[]): MountRequest {
  const options = words.filter((word) => !idleWords.includes(word));
  checkMountOptions("bind", options);
  return { kind: "bind", source, target: cleanTarget(target), options, createSource: false };
}

function namedVolume(name: string, target: string, options: readonly string[]): MountRequest {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) {
    throw new CalaError("volume-name-invalid", `invalid volume name "${name}": names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*`, { hint: `for a directory write ./${name}` });
  }
  const copyUp = checkMountOptions("volume", options).get("copy") !== "nocopy";
  return { kind: "volume", name, target: cleanTarget(target), options: options.filter((word) => word !== "copy" && word !== "nocopy"), copyUp };
}

function isPath(text: string): boolean {
  return text.startsWith("/") || text.startsWith(".");
}

function invalid(text: string): CalaError {
  return new CalaError("volume-invalid", `"${text}": incorrect volume format, should be [host-dir:]ctr-dir[:option]`);
}
