/**
 * Options and positional arguments as records. One record is the parser's rule, the help line, the manual's entry and
 * the completion's candidate; see command.ts for how a command uses them.
 */
import { Option as ClipanionOption } from "clipanion";
import { CalaError } from "../core/base/error.ts";
import { parseBytes } from "../core/base/bytes.ts";
import { parseDurationMs } from "../core/base/duration.ts";

/** What a shell offers after an option or as an argument; the dynamic ones are answered by `cala __complete`. */
export type Completion =
  | "none" | "files" | "directories" | "containers" | "running" | "stopped" | "images" | "volumes" | "networks"
  | "secrets" | "pods" | "signals" | "capabilities" | "commands";

/** How an option takes its value: none, one (the last wins), many, or none but counted. */
export type OptionKind = "flag" | "value" | "list" | "count";

/** What every option may say of itself beyond its names and its sentence. */
export interface OptionDetails {
  /** Shown as the default; needed only where the code knows no constant (`the container's name`). */
  readonly defaultText?: string;
  /** Accepted, but left out of help and manual. */
  readonly hidden?: boolean;
  readonly choices?: readonly string[];
  readonly complete?: Completion;
  /** What the option means when it stands alone, as `--pull`; its value then needs an equals sign. */
  readonly bare?: string;
  /** More for the manual than the one sentence of the help. */
  readonly details?: string;
}

/** One option; `T` is what the command gets. */
export interface Option<T> extends OptionDetails {
  readonly kind: OptionKind;
  /** Without dashes; the first is the documented one, the others are accepted too. */
  readonly names: readonly [string, ...string[]];
  /** One letter. */
  readonly short: string | undefined;
  readonly placeholder: string;
  readonly description: string;
  /** The value from the raw texts in order of appearance; undefined when the option was not given. @throws CalaError */
  readonly read: (given: readonly string[] | undefined) => T;
}

/** Options by the property name under which a command finds them. */
export type OptionRecord = Readonly<Record<string, Option<unknown>>>;
/** The values of a record of options. */
export type OptionValues<R extends OptionRecord> = { readonly [K in keyof R]: R[K] extends Option<infer T> ? T : never };
/** The text of a value made into what a command wants. @throws CalaError, whose message says what is wrong with the text */
export type Parse<T> = (text: string) => T;

function splitNames(text: string): { short: string | undefined; names: readonly [string, ...string[]] } {
  const words = text.split(", ");
  const short = words.find((word) => word.length === 2)?.slice(1);
  const [first, ...rest] = words.filter((word) => word.length > 2).map((word) => word.slice(2));
  if (first === undefined) throw new Error(`bug in cala: option "${text}" has no long name`);
  return { short, names: [first, ...rest] };
}

/** `-a, --all` with the text that was wrong, as the message of a bad value. */
function readWith<T>(names: string, parse: Parse<T>, text: string): T {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof CalaError)) throw error;
    throw new CalaError("option-value-invalid", `invalid value "${text}" for ${names}: ${error.message}`, { ...(error.hint === undefined ? {} : { hint: error.hint }), cause: error });
  }
}

const truths: Readonly<Record<string, boolean>> = {
  "1": true, t: true, T: true, true: true, TRUE: true, True: true, "0": false, f: false, F: false, false: false, FALSE: false, False: false,
};

/** true or false in the spellings of Go's strconv.ParseBool. @throws CalaError */
export function parseBoolean(text: string): boolean {
  const truth = Object.hasOwn(truths, text) ? truths[text] : undefined;
  if (truth === undefined) throw new CalaError("boolean-invalid", "it is neither true nor false");
  return truth;
}

/** A switch: `--all`, `-a`, `--all=false`. False (or `initial`) when not given. */
export function flag(names: string, description: string, details: OptionDetails & { readonly initial?: boolean } = {}): Option<boolean> {
  const initial = details.initial ?? false;
  return {
    ...details, ...splitNames(names), kind: "flag", placeholder: "", description,
    ...(initial ? { defaultText: "true" } : {}),
    read: (given) => (given === undefined ? initial : readWith(names, parseBoolean, given.at(-1) ?? "")),
  };
}

/** A switch that tells "not given" (undefined) from "given as false". */
export function maybeFlag(names: string, description: string, details: OptionDetails = {}): Option<boolean | undefined> {
  return {
    ...details, ...splitNames(names), kind: "flag", placeholder: "", description,
    read: (given) => (given === undefined ? undefined : readWith(names, parseBoolean, given.at(-1) ?? "")),
  };
}

interface ValueDetails<T> extends OptionDetails {
  readonly parse?: Parse<T>;
  /** The text that stands for the option when it is not given. */
  readonly initial?: string;
}

/** An option with one value; the last one given wins. Undefined when not given, unless it has an `initial` text. */
export function value(names: string, placeholder: string, description: string, details: OptionDetails & { readonly initial: string }): Option<string>;
export function value<T>(names: string, placeholder: string, description: string, details: ValueDetails<T> & { readonly initial: string; readonly parse: Parse<T> }): Option<T>;
export function value<T>(names: string, placeholder: string, description: string, details: ValueDetails<T> & { readonly parse: Parse<T> }): Option<T | undefined>;
export function value(names: string, placeholder: string, description: string, details?: OptionDetails): Option<string | undefined>;
export function value(names: string, placeholder: string, description: string, details: ValueDetails<unknown> = {}): Option<unknown> {
  const { parse = (text: string): string => text, initial, ...rest } = details;
  const checked = rest.choices === undefined ? parse : (text: string): unknown => parse(oneOf(rest.choices ?? [], text));
  return {
    ...rest, ...splitNames(names), kind: "value", placeholder, description,
    ...(initial === undefined || initial === "" ? {} : { defaultText: rest.defaultText ?? initial }),
    read: (given) => {
      const text = given?.at(-1);
      if (text !== undefined) return readWith(names, checked, text);
      return initial === undefined ? undefined : parse(initial);
    },
  };
}

/** An option that may be given again and again. With `commas`, one value may hold several (podman's `strings`). */
export function list(names: string, placeholder: string, description: string, details?: OptionDetails & { readonly commas?: boolean }): Option<readonly string[]>;
export function list<T>(names: string, placeholder: string, description: string, details: OptionDetails & { readonly commas?: boolean; readonly parse: Parse<T> }): Option<readonly T[]>;
export function list(names: string, placeholder: string, description: string, details: OptionDetails & { readonly commas?: boolean; readonly parse?: Parse<unknown> } = {}): Option<readonly unknown[]> {
  const { parse = (text: string): string => text, commas = false, ...rest } = details;
  const checked = (text: string): unknown => parse(rest.choices === undefined ? text : oneOf(rest.choices, text));
  return {
    ...rest, ...splitNames(names), kind: "list", placeholder, description,
    read: (given) => (given ?? []).flatMap((text) => (commas ? splitCommas(text) : [text])).map((text) => readWith(names, checked, text)),
  };
}

/** `KEY=VALUE` options as one object, in order; a bare `KEY` has an empty value, the last of equal keys wins. */
export function pairs(names: string, placeholder: string, description: string, details: OptionDetails & { readonly commas?: boolean; readonly needsValue?: boolean } = {}): Option<Readonly<Record<string, string>>> {
  const base = list(names, placeholder, description, details);
  const split = (text: string): [string, string] => {
    const at = text.indexOf("=");
    if (at < 0 && details.needsValue === true) throw new CalaError("pair-invalid", "it has no value", { hint: "write KEY=VALUE" });
    if (at === 0 || text === "") throw new CalaError("pair-invalid", "it has no key", { hint: "write KEY=VALUE" });
    return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  };
  return { ...base, read: (given) => Object.fromEntries(base.read(given).map((text) => readWith(names, split, text))) };
}

/** A switch whose repetitions count: `-vv`. */
export function count(names: string, description: string, details: OptionDetails = {}): Option<number> {
  return { ...details, ...splitNames(names), kind: "count", placeholder: "", description, read: (given) => given?.length ?? 0 };
}

/** For `parse`: a whole number within bounds. */
export function wholeNumber(minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER): Parse<number> {
  return (text) => {
    const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(number)) throw new CalaError("number-invalid", "it is not a whole number");
    if (number < minimum) throw new CalaError("number-invalid", `it is less than ${minimum}`);
    if (number > maximum) throw new CalaError("number-invalid", `it is more than ${maximum}`);
    return number;
  };
}

/** For `parse`: a number with an optional fraction, as `--cpus 1.5`. */
export function decimal(minimum = 0): Parse<number> {
  return (text) => {
    const number = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(number)) throw new CalaError("number-invalid", "it is not a number");
    if (number < minimum) throw new CalaError("number-invalid", `it is less than ${minimum}`);
    return number;
  };
}

/** For `parse`: bytes from `512m`; `-1` passes where unlimited is allowed. */
export function size(unlimited = false): Parse<number> {
  return (text) => (unlimited && text === "-1" ? -1 : parseBytes(text));
}

/** For `parse`: milliseconds from `1m30s` or bare seconds. */
export const durationMs: Parse<number> = (text) => parseDurationMs(text);

function oneOf(choices: readonly string[], text: string): string {
  if (!choices.includes(text)) throw new CalaError("choice-invalid", `it is none of ${choices.join(", ")}`);
  return text;
}

/** Splits at commas as one line of CSV: double quotes protect commas (Go's encoding/csv, used by pflag's StringSlice). */
export function splitCommas(text: string): string[] {
  if (text === "") return [];
  if (!text.includes('"')) return text.split(",");
  const parts = text.match(/(?:^|,)(?:"(?:[^"]|"")*"|[^,]*)/g) ?? [];
  return parts.map((part) => part.replace(/^,/, "")).map((part) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part));
}

/** A positional argument; `T` is what the command gets. */
export interface Argument<T> {
  /** As in the usage line: `CONTAINER`, `[TAG]`, `CONTAINER [CONTAINER...]`. */
  readonly usage: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly complete: Completion;
  readonly description: string | undefined;
  readonly read: (given: readonly string[]) => T;
}

/** Arguments by property name; their order is the order on the command line, and only the last may take many. */
export type ArgumentRecord = Readonly<Record<string, Argument<unknown>>>;
/** The values of a record of arguments. */
export type ArgumentValues<R extends ArgumentRecord> = { readonly [K in keyof R]: R[K] extends Argument<infer T> ? T : never };

interface ArgumentDetails {
  readonly complete?: Completion;
  /** A sentence for the manual. */
  readonly description?: string;
}

/** One argument that must be given. */
export function argument(name: string, details: ArgumentDetails = {}): Argument<string> {
  return { usage: name, minimum: 1, maximum: 1, complete: details.complete ?? "none", description: details.description, read: (given) => given[0] ?? "" };
}

/** One argument that may be left out. */
export function optionalArgument(name: string, details: ArgumentDetails = {}): Argument<string | undefined> {
  return { usage: `[${name}]`, minimum: 0, maximum: 1, complete: details.complete ?? "none", description: details.description, read: (given) => given[0] };
}

/** All further arguments; `usage` where `NAME [NAME...]` does not say it. */
export function rest(name: string, details: ArgumentDetails & { readonly minimum?: number; readonly usage?: string } = {}): Argument<readonly string[]> {
  const minimum = details.minimum ?? 0;
  const usage = details.usage ?? (minimum === 0 ? `[${name}...]` : `${name} [${name}...]`);
  return { usage, minimum, maximum: Number.POSITIVE_INFINITY, complete: details.complete ?? "none", description: details.description, read: (given) => given };
}

const digitWords = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** The name under which clipanion knows an option: it rejects digits, and gives `--no-…` to every switch, which `o-` keeps apart. */
export function parserName(option: Option<unknown>): string {
  const [name] = option.names;
  if (!/\d/.test(name)) return `--o-${name}`;
  return `--o-${name.replace(/-?(\d)-?/g, (_, digit: string) => `-${digitWords[Number(digit)] ?? ""}-`).replace(/-$/, "")}`;
}

/** The field through which clipanion parses an option: raw texts, or undefined when not given. */
export function parserField(option: Option<unknown>): unknown {
  if (option.kind === "flag") return ClipanionOption.Boolean(parserName(option), {});
  if (option.kind === "count") return ClipanionOption.Counter(parserName(option), {});
  return ClipanionOption.Array(parserName(option), {});
}
