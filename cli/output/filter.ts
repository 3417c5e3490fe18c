import { CalaError } from "../../core/base/error.ts";

/** `KEY=VALUE` words of `--filter` as pairs; `KEY!=VALUE` gives the key `KEY!`. @throws CalaError `filter-invalid` */
export function filterPairs(words: readonly string[]): (readonly [key: string, value: string])[] {
  return words.map((word) => {
    const at = word.indexOf("=");
    if (at < 1) throw new CalaError("filter-invalid", `invalid argument "${word}" for "--filter": filters are KEY=VALUE`);
    return [word.slice(0, at), word.slice(at + 1)] as const;
  });
}
