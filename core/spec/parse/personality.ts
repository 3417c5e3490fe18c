/** `--personality PERSONA`, as the names of personality(2). */
import { CalaError } from "../../base/error.ts";

const bits: Readonly<Record<string, number>> = {
  LINUX: 0, LINUX32: 0x0008,
  UNAME26: 0x0020000, ADDR_NO_RANDOMIZE: 0x0040000, FDPIC_FUNCPTRS: 0x0080000, MMAP_PAGE_ZERO: 0x0100000, ADDR_COMPAT_LAYOUT: 0x0200000,
  READ_IMPLIES_EXEC: 0x0400000, ADDR_LIMIT_32BIT: 0x0800000, SHORT_INODE: 0x1000000, WHOLE_SECONDS: 0x2000000, STICKY_TIMEOUTS: 0x4000000, ADDR_LIMIT_3GB: 0x8000000,
};

/** A domain, flags, or both, separated by commas or `|`. @throws CalaError `personality-invalid` */
export function parsePersonality(text: string): number {
  return text.split(/[,|]/).reduce((sum, word) => {
    const bit = bits[word.trim().toUpperCase().replace(/^PER_/, "")];
    if (bit === undefined) throw new CalaError("personality-invalid", `invalid personality "${text}"`, { hint: `use ${Object.keys(bits).slice(0, 2).join(" or ")}` });
    return sum | bit;
  }, 0);
}
