/** Mount options as `config.json` and mount(8) spell them, sorted into what the kernel calls attributes, propagation and data. */

/** The options of one mount, sorted. */
export interface MountOptions {
  /** MOUNT_ATTR_ bits of mount_setattr(2). */
  readonly attributes: bigint;
  /** MS_ bits; 0: not mentioned. */
  readonly propagation: number;
  readonly bind: boolean;
  readonly recursive: boolean;
  /** Attributes apply to the mounts below, too (`rro`). */
  readonly recursiveAttributes: boolean;
  readonly copyUp: boolean;
  /** What is mounted is given to the container's user. */
  readonly owner: boolean;
  readonly idmap: boolean;
  /** What is left for the file system itself. */
  readonly data: readonly string[];
}

/** MOUNT_ATTR_ bits of mount_setattr(2), by the words of mount(8). */
export const mountAttributes = { ro: 1n, nosuid: 2n, nodev: 4n, noexec: 8n, noatime: 0x10n, strictatime: 0x20n, nodiratime: 0x80n, nosymfollow: 0x200000n } as const;

const attributeBits = new Map<string, bigint>(Object.entries(mountAttributes));
const undone = new Map<string, bigint>([["rw", mountAttributes.ro], ["suid", mountAttributes.nosuid], ["dev", mountAttributes.nodev], ["exec", mountAttributes.noexec]]);

const msRec = 1 << 14;
const propagations = new Map<string, number>([
  ["unbindable", 1 << 17], ["private", 1 << 18], ["slave", 1 << 19], ["shared", 1 << 20],
  ["runbindable", (1 << 17) | msRec], ["rprivate", (1 << 18) | msRec], ["rslave", (1 << 19) | msRec], ["rshared", (1 << 20) | msRec],
]);

/** Options that say something to other engines or to nobody here: relabelling, ownership, and the kernel's defaults. */
const ignored = new Set(["defaults", "async", "atime", "diratime", "relatime", "norelatime", "nostrictatime", "z", "Z", "U", "idmap", "ridmap", "copy", "nocopy", "notmpcopyup", "silent", "loud"]);

/** Bits for `linux.rootfsPropagation` and mount options. @returns 0 for an unknown or absent word */
export function propagationBits(word: string | undefined): number {
  return word === undefined ? 0 : (propagations.get(word) ?? 0);
}

/** Sorts options; later ones win. */
export function parseMountOptions(options: readonly string[]): MountOptions {
  let attributes = 0n;
  let propagation = 0;
  const words = new Set(options);
  const data: string[] = [];
  for (const option of options) {
    const recursive = option.startsWith("r") ? option.slice(1) : "";
    const bit = attributeBits.get(option) ?? (option === "ro" ? undefined : attributeBits.get(recursive));
    const clear = undone.get(option);
    if (bit !== undefined) attributes |= bit;
    else if (clear !== undefined) attributes &= ~clear;
    else if (propagations.has(option)) propagation = propagationBits(option);
    else if (!ignored.has(option) && option !== "bind" && option !== "rbind" && option !== "tmpcopyup") data.push(option);
  }
  const recursiveAttributes = [...words].some((word) => word !== "ro" && word.startsWith("r") && attributeBits.has(word.slice(1)));
  return { attributes, propagation, bind: words.has("bind") || words.has("rbind"), recursive: words.has("rbind"), recursiveAttributes, copyUp: words.has("tmpcopyup"), owner: words.has("U"), idmap: words.has("idmap"), data };
}
