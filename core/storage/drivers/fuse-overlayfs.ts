import { accessSync, constants } from "node:fs";
import { installCommand, locateTool, type HostTool } from "../../host/tools.ts";
import type { NamespaceSite } from "../../idmap/spawn-in-namespace.ts";
import { present } from "../../base/assert.ts";
import { makeStackDirectories } from "./directories.ts";
import type { Availability, StackRequest, StorageDriver } from "./driver.ts";

const tool: HostTool = { name: "fuse-overlayfs", cost: "where the kernel's overlay is refused, images are copied for every container", packages: { "": "fuse-overlayfs" }, versionArgs: ["--version"] };

/** An overlay served by a process of this user; sees the same layer format as the kernel's (whiteout devices, user.overlay.opaque). */
export const fuseOverlayfs: StorageDriver = {
  name: "fuse-overlayfs",
  cost: "files of containers are slower, and one more process runs per container",
  tool,
  probe: (site) => Promise.resolve(look(site)),
  prepare: (site, stack) => {
    makeStackDirectories(stack);
    const program = present(locateTool(tool, site.env).path, "the driver was found usable");
    return Promise.resolve({
      launch: { driver: "tree", rootfs: stack.rootfs },
      helpers: [{
        name: tool.name, argv: [program, "-f", "-o", mountOptions(stack), stack.rootfs],
        env: [`PATH=${site.env["PATH"] ?? "/usr/bin:/bin"}`], when: "before", ready: { kind: "fuse-mount", path: stack.rootfs },
      }],
    });
  },
  trees: (stack) => [stack.upper, ...[...stack.lowers].reverse()],
  keepsChangesApart: true,
};

/** Its option text: `:` and `,` have a meaning, so they are quoted. The topmost layer comes first. */
export function mountOptions(stack: StackRequest): string {
  const quoted = (path: string): string => path.replace(/[\\:,]/g, "\\$&");
  const lowers = [...stack.lowers].reverse().map(quoted).join(":");
  return `lowerdir=${lowers},upperdir=${quoted(stack.upper)},workdir=${quoted(stack.work)}`;
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
