import { fuseOverlayfs } from "./fuse-overlayfs.ts";
import type { StorageDriver } from "./driver.ts";
import { overlay } from "./overlay.ts";
import { vfs } from "./vfs.ts";

/** All storage drivers, the best first. */
export const storageDrivers: readonly StorageDriver[] = [overlay, fuseOverlayfs, vfs];
