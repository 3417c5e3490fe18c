import { CalaError } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import { checkMountOptions } from "../spec/mount-options.ts";
import type { ContainerRequest, MountRequest } from "../spec/request.ts";
import { findContainer } from "./store.ts";

/**
 * The request with the volumes and binds of the containers that `--volumes-from` names; what the request itself mounts at a place stays.
 * @throws CalaError `container-unknown`, `mount-option-invalid`
 */
export function withVolumesOf(engine: Engine, request: ContainerRequest): ContainerRequest {
  const mounts: MountRequest[] = [];
  const taken = new Set(request.mounts.map(({ target }) => target));
  for (const text of request.volumesFrom ?? []) {
    const [name = "", words = ""] = text.split(/:(.*)/s);
    const options = words.split(",").filter((word) => word !== "");
    for (const word of options) {
      if (!["ro", "rw", "z", "Z"].includes(word)) throw new CalaError("mount-option-invalid", `invalid option "${word}" in --volumes-from ${text}`, { hint: "use ro, rw or z" });
    }
    checkMountOptions("bind", options);
    for (const mount of mountsOf(engine, name)) {
      if (taken.has(mount.target)) continue;
      taken.add(mount.target);
      mounts.push({ ...mount, options: options.some((word) => word === "ro" || word === "rw") ? [...mount.options.filter((word) => word !== "ro" && word !== "rw"), ...options] : [...mount.options, ...options] });
    }
  }
  return mounts.length === 0 ? request : { ...request, mounts: [...request.mounts, ...mounts] };
}

/** Anonymous volumes, too, by the names they were given; they stay with the container that has them. */
function mountsOf(engine: Engine, nameOrId: string): MountRequest[] {
  const { request, volumes } = findContainer(engine.dirs, nameOrId);
  const binds = request.mounts.filter((mount) => mount.kind === "bind");
  return [...binds, ...volumes.map((volume): MountRequest => ({ kind: "volume", name: volume.name, target: volume.target, options: volume.options, copyUp: false }))];
}
