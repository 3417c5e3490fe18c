import { accessSync, constants } from "node:fs";
import { installCommand, locateTool, type HostTool } from "../../host/tools.ts";
import type { IdRange, IdRanges } from "../../idmap/map.ts";
import type { NamespaceSite } from "../../idmap/spawn-in-namespace.ts";
import { present } from "../../base/assert.ts";
import type { HelperLaunch } from "../../plan/launch-details.ts";
import { makeStackDirectories } from "./directories.ts";
import type { Availability, StackRequest, StorageDriver } from "./driver.ts";
import { overlayObstacle } from "./trial.ts";

const tool: HostTool = { name: "fuse-overlayfs", cost: "where the kernel's overlay is refused, images are copied for every container", packages: { "": "fuse-overlayfs" }, versionArgs: ["--version"] };

/** An overlay served by a process of this user; sees the same layer format as the kernel's (whiteout devices, user.overlay.opaque). */
export const fuseOverlayfs: StorageDriver = {
  name: "fuse-overlayfs",
  cost: "files of containers are slower, and one more process runs per container",
  tool,
  changesOwners: true,
  view: {
    usable: (site) => look(site).usable,
    show: (site, lowers, owners, at) => helper(site, `${lowerOption(lowers)},${ownerOptions(owners)}`, at),
  },
  probe: tryMount,
  prepare: (site, stack) => {
    makeStackDirectories(stack);
    const options = stack.owners === undefined ? mountOptions(stack) : `${mountOptions(stack)},${ownerOptions(stack.owners)}`;
    return Promise.resolve({ launch: { driver: "tree", rootfs: stack.rootfs }, helpers: [helper(site, options, stack.rootfs)], owned: [] });
  },
  trees: (stack) => [stack.upper, ...[...stack.lowers].reverse()],
  keepsChangesApart: true,
  mountsAlone: false,
};

function helper(site: NamespaceSite, options: string, at: string): HelperLaunch {
  const program = present(locateTool(tool, site.env).path, "the driver was found usable");
  return {
    name: tool.name, argv: [program, "-f", "-o", options, at],
    env: [`PATH=${site.env["PATH"] ?? "/usr/bin:/bin"}`], when: "before", ready: { kind: "fuse-mount", path: at },
  };
}

const quoted = (path: string): string => path.replace(/[\\:,]/g, "\\$&");

function lowerOption(lowers: readonly string[]): string {
  return `lowerdir=${[...lowers].reverse().map(quoted).join(":")}`;
}

/** Triples of the owner on the disk, the one that is shown, and how many. */
function ownerOptions({ uids, gids }: IdRanges): string {
  const triples = (map: readonly IdRange[]): string => map.map(({ inside, outside, count }) => `${inside}:${outside}:${count}`).join(":");
  return `uidmapping=${triples(uids)},gidmapping=${triples(gids)}`;
}

/** Its option text: `:` and `,` have a meaning, so they are quoted. The topmost layer comes first. */
export function mountOptions(stack: StackRequest): string {
  return `${lowerOption(stack.lowers)},upperdir=${quoted(stack.upper)},workdir=${quoted(stack.work)}`;
}

function look(site: NamespaceSite): Availability {
  if (locateTool(tool, site.env).path === undefined) return { usable: false, reason: `"fuse-overlayfs" is not installed`, fix: installCommand(tool, site.env) };
  try {
    accessSync("/dev/fuse", constants.R_OK | constants.W_OK);
    return { usable: true };
  } catch {
    return { usable: false, reason: "/dev/fuse cannot be opened", fix: "sudo modprobe fuse" };
  }
}

async function tryMount(site: NamespaceSite): Promise<Availability> {
  const looked = look(site);
  if (!looked.usable) return looked;
  const obstacle = await overlayObstacle(site, present(locateTool(tool, site.env).path, "the driver was found usable"));
  return obstacle === undefined ? looked : { usable: false, reason: `fuse-overlayfs cannot be used here: ${obstacle.reason}`, fix: "keep cala's data on a local file system (CALA_ROOT)", passing: obstacle.passing };
}
