/**
 * Docker's and podman's way of writing arguments (pflag's) → the subset that clipanion parses without mistakes: every
 * option as one word (`--o-name=value`, `--o-name`, `--no-o-name`), then `--`, then the arguments. It misparses
 * `-itp 80:80`, and refuses `-p8080:80`, `-eA=b`, `--rm=true`, `--memory-swap -1` and `--ip6=::1`.
 */
import { CalaError } from "../core/base/error.ts";
import type { Option, OptionRecord } from "./option.ts";
import { parseBoolean, parserName } from "./option.ts";
import { nearest } from "./suggest.ts";

/** What the words after the command are. */
export interface Scan {
  /** `--help` (or `-h`, where that is nothing else) stood among the options. */
  readonly help: boolean;
  /** Options in clipanion's spelling. */
  readonly options: readonly string[];
  readonly positionals: readonly string[];
}

/** Where options may stand and whom an error speaks of. */
export interface ScanRules {
  /** False: options end at the first argument, as for run, create and exec. */
  readonly interspersed: boolean;
  /** `cala run`: for the hint of an error. */
  readonly program: string;
}

interface Index {
  readonly long: ReadonlyMap<string, Option<unknown>>;
  readonly short: ReadonlyMap<string, Option<unknown>>;
}

interface Cursor {
  readonly words: readonly string[];
  readonly found: string[];
  readonly index: Index;
  readonly program: string;
  at: number;
  help: boolean;
}

function indexOf(options: OptionRecord): Index {
  const long = new Map<string, Option<unknown>>();
  const short = new Map<string, Option<unknown>>();
  for (const option of Object.values(options)) {
    for (const name of option.names) long.set(name, option);
    if (option.short !== undefined) short.set(option.short, option);
  }
  return { long, short };
}

/** Sorts words into options and arguments. @throws CalaError `option-unknown`, `option-value-missing`, `option-value-invalid` */
export function scanArguments(words: readonly string[], options: OptionRecord, rules: ScanRules): Scan {
  const cursor: Cursor = { words, found: [], index: indexOf(options), program: rules.program, at: 0, help: false };
  const positionals: string[] = [];
  while (cursor.at < words.length) {
    const word = words[cursor.at] ?? "";
    cursor.at += 1;
    if (word === "--") break;
    if (word.startsWith("--")) takeLong(cursor, word);
    else if (word.startsWith("-") && word !== "-") takeShorts(cursor, word);
    else {
      positionals.push(word);
      if (!rules.interspersed) break;
    }
  }
  positionals.push(...words.slice(cursor.at));
  return { help: cursor.help, options: cursor.found, positionals };
}

function takeLong(cursor: Cursor, word: string): void {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const bound = equals < 0 ? undefined : word.slice(equals + 1);
  if (name === "") throw new CalaError("option-unknown", `"${word}" is not an option`, { hint: helpHint(cursor) });
  const option = cursor.index.long.get(name);
  if (option !== undefined) take(cursor, option, `--${name}`, bound);
  else if (name === "help") cursor.help ||= bound === undefined || parseBoolean(bound);
  else throw unknownOption(cursor, `--${name}`);
}

/** `-itp80:80`: switches, then at most one option with a value, which is the rest of the word or the next one. */
function takeShorts(cursor: Cursor, word: string): void {
  let letters = word.slice(1);
  while (letters !== "") {
    const letter = letters[0] ?? "";
    const after = letters.slice(1);
    const option = cursor.index.short.get(letter);
    if (option === undefined) {
      if (letter !== "h") throw unknownOption(cursor, `-${letter}`, word);
      cursor.help = true;
      letters = after;
      continue;
    }
    if (after.startsWith("=")) return take(cursor, option, `-${letter}`, after.slice(1));
    if (takesNext(option) && after !== "") return take(cursor, option, `-${letter}`, after);
    take(cursor, option, `-${letter}`, undefined);
    letters = after;
  }
}

function takesNext(option: Option<unknown>): boolean {
  return (option.kind === "value" || option.kind === "list") && option.bare === undefined;
}

function take(cursor: Cursor, option: Option<unknown>, typed: string, bound: string | undefined): void {
  const name = parserName(option);
  if (option.kind === "flag" || option.kind === "count") {
    cursor.found.push(bound === undefined || truth(cursor, typed, bound) ? name : `--no-${name.slice(2)}`);
    return;
  }
  const text = bound ?? option.bare ?? cursor.words[cursor.at];
  if (text === undefined) throw new CalaError("option-value-missing", `option "${typed}" needs a value`, { hint: helpHint(cursor) });
  if (bound === undefined && option.bare === undefined) cursor.at += 1;
  cursor.found.push(`${name}=${text}`);
}

function truth(cursor: Cursor, typed: string, text: string): boolean {
  try {
    return parseBoolean(text);
  } catch (error) {
    throw new CalaError("option-value-invalid", `invalid value "${text}" for ${typed}: it is neither true nor false`, { hint: helpHint(cursor), cause: error });
  }
}

const helpHint = (cursor: Cursor): string => `see '${cursor.program} --help'`;

function unknownOption(cursor: Cursor, name: string, word = name): CalaError {
  const visible = [...cursor.index.long].filter(([, option]) => option.hidden !== true).map(([long]) => `--${long}`);
  const near = name.startsWith("--") ? nearest(name, visible)[0] : undefined;
  const where = word === name ? "" : ` in "${word}"`;
  const guess = near === undefined ? "" : `did you mean "${near}"? `;
  return new CalaError("option-unknown", `unknown option "${name}"${where}`, { hint: `${guess}${helpHint(cursor)}` });
}

/** Checks the number of arguments. @throws CalaError `arguments-wrong` */
export function checkArgumentCount(given: number, minimum: number, maximum: number, program: string): void {
  const hint = { hint: `see '${program} --help'` };
  const some = (wanted: number): string => `${wanted} argument${wanted === 1 ? "" : "s"}`;
  if (given > 0 && maximum === 0) throw new CalaError("arguments-wrong", `'${program}' takes no arguments`, hint);
  if (minimum === maximum && given !== minimum) throw new CalaError("arguments-wrong", `'${program}' takes ${some(minimum)}, but got ${given}`, hint);
  if (given < minimum) throw new CalaError("arguments-wrong", `'${program}' needs at least ${some(minimum)}, but got ${given}`, hint);
  if (given > maximum) throw new CalaError("arguments-wrong", `'${program}' takes at most ${some(maximum)}, but got ${given}`, hint);
}
