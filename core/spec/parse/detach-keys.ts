import { CalaError } from "../../base/error.ts";

/** As many as the native client remembers (DETACH_KEYS_MAX in native/attach.h). */
const mostKeys = 16;

/**
 * Checks `--detach-keys`: single characters, or `ctrl-` and one of `@ a-z [ \ ] ^ _`, with commas between; empty means none.
 * @throws CalaError `option-value-invalid`
 */
export function parseDetachKeys(text: string): string {
  // A comma may itself be a key: ",," is one, and so is the end of "a,,".
  const keys = text.match(/,(?=,|$)|[^,]+/g) ?? [];
  const wrong = keys.find((key) => !/^(.|ctrl-[@-_a-z])$/su.test(key) || key.charCodeAt(0) > 0x7e);
  if (wrong === undefined && keys.length <= mostKeys) return text;
  const reason = wrong === undefined ? `more than ${mostKeys} keys` : `"${wrong}" is no key`;
  throw new CalaError("option-value-invalid", `invalid detach keys "${text}": ${reason}`, { hint: "write --detach-keys ctrl-p,ctrl-q" });
}
