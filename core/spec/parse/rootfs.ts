/** `--rootfs PATH[:O]`. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { CalaError } from "../../base/error.ts";
import type { ContainerRequest } from "../request.ts";

/** A directory of the host that is a container's root; with `:O` it stays as it is, below an overlay. @throws CalaError `rootfs-invalid` */
export function parseRootfs(text: string, cwd: string): NonNullable<ContainerRequest["rootfs"]> {
  const colon = text.lastIndexOf(":");
  const option = colon > 0 ? text.slice(colon + 1) : "";
  if (option.startsWith("idmap")) {
    throw new CalaError("rootfs-invalid", `"${text}": the kernel maps ids of directories for the host's root only`, { hint: `${text.slice(0, colon)}:O leaves the directory as it is` });
  }
  const overlay = option === "O";
  const path = resolve(cwd, overlay ? text.slice(0, colon) : text);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw new CalaError("rootfs-invalid", `"${path}" cannot be a container's root: there is no such directory`);
  return { path, overlay };
}
