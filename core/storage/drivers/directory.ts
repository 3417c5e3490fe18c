import type { StorageDriver } from "./driver.ts";

/** A directory of the host is the container's root as it is (`--rootfs`): nothing is stacked, nothing is kept apart, nothing is removed. */
export const directory: StorageDriver = {
  name: "directory",
  cost: "",
  // Its files belong to whomever they belong to.
  changesOwners: true,
  probe: () => Promise.resolve({ usable: true }),
  prepare: (_site, stack) => Promise.resolve({ launch: { driver: "tree", rootfs: stack.lowers[0] ?? stack.rootfs }, helpers: [], owned: [] }),
  trees: (stack) => stack.lowers,
  keepsChangesApart: false,
  mountsAlone: true,
};
