import { CalaError } from "../../base/error.ts";

/** Refuses options where a mode takes none. @throws CalaError `network-option-invalid` */
export function refuseOptions(mode: string, options: string): void {
  if (options !== "") throw new CalaError("network-option-invalid", `network mode "${mode}" takes no options, got "${options}"`, { hint: `--network ${mode}` });
}

/** Requires a value after the colon. @throws CalaError `network-option-invalid` */
export function requireValue(mode: string, options: string, what: string): string {
  if (options === "") throw new CalaError("network-option-invalid", `network mode "${mode}" needs ${what}`, { hint: `--network ${mode}:${what.split(" ").at(-1)?.toUpperCase() ?? ""}` });
  return options;
}

/** `a=1,b=2` as pairs. @throws CalaError `network-option-invalid` for an unknown name or a missing value */
export function parsePairs(mode: string, options: string, known: readonly string[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const part of options.split(",").filter((text) => text !== "")) {
    const at = part.indexOf("=");
    const name = at === -1 ? part : part.slice(0, at);
    if (at === -1 || !known.includes(name)) {
      throw new CalaError("network-option-invalid", `network mode "${mode}" does not know the option "${part}"`, { hint: `known options: ${known.map((word) => `${word}=VALUE`).join(", ")}` });
    }
    pairs.set(name, part.slice(at + 1));
  }
  return pairs;
}

/** `true` or `false`, in Go's spellings. @throws CalaError `network-option-invalid` */
export function parseSwitch(mode: string, name: string, text: string | undefined, unset: boolean): boolean {
  if (text === undefined) return unset;
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  throw new CalaError("network-option-invalid", `option "${name}" of network mode "${mode}" is true or false, not "${text}"`);
}
