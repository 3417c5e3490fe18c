/** The functions of templates: Go's own, and docker's and podman's. */
import { CalaError } from "../../core/base/error.ts";

/** A function of a template. */
export type TemplateFunction = (...args: readonly unknown[]) => unknown;

const fail = (text: string): never => {
  throw new CalaError("template-invalid", text);
};

/** False, 0, nil, and whatever is empty. */
export function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0 || value instanceof Date;
  return Boolean(value);
}

/** A value as Go's `%v` prints it. */
export function formatValue(value: unknown): string {
  if (value === undefined) return "<no value>";
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(formatInner).join(" ")}]`;
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "object") return String(value);
  return `map[${Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => `${key}:${formatInner(each)}`).join(" ")}]`;
}

const formatInner = (value: unknown): string => (value === null || value === undefined ? "<nil>" : formatValue(value));

function text(value: unknown): string {
  return typeof value === "string" ? value : fail(`expected string; found ${formatValue(value)}`);
}

function integer(value: unknown): number {
  return typeof value === "number" && Number.isInteger(value) ? value : fail(`expected integer; found ${formatValue(value)}`);
}

function compare(left: unknown, right: unknown): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") return left < right ? -1 : left > right ? 1 : 0;
  return fail("incompatible types for comparison");
}

function equal(left: unknown, right: unknown): boolean {
  const plain = (value: unknown): unknown => value ?? null;
  if (plain(left) === plain(right)) return true;
  if (typeof left === typeof right || left === null || right === null || left === undefined || right === undefined) return false;
  return fail("incompatible types for comparison");
}

function indexInto(value: unknown, keys: readonly unknown[]): unknown {
  return keys.reduce<unknown>((at, key) => {
    if (Array.isArray(at) || typeof at === "string") {
      const index = integer(key);
      if (index < 0 || index >= at.length) fail(`index out of range: ${index}`);
      return typeof at === "string" ? at.charCodeAt(index) : at[index];
    }
    if (typeof at === "object" && at !== null) return Object.hasOwn(at, String(key)) ? (at as Record<string, unknown>)[String(key)] : "";
    return fail(`can't index item of type ${at === null || at === undefined ? "nil" : typeof at}`);
  }, value);
}

function slice(value: unknown, start: unknown = 0, end?: unknown): unknown {
  if (typeof value !== "string" && !Array.isArray(value)) return fail(`can't slice item of type ${typeof value}`);
  const [from, to] = [integer(start), end === undefined ? value.length : integer(end)];
  if (from < 0 || to > value.length || from > to) fail(`index out of range: ${from > to || from > value.length ? from : to}`);
  return value.slice(from, to);
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : fail(`len of type ${value === null || value === undefined ? "nil" : typeof value}`);
}

/** JSON on one line, in the order of the fields. */
const json = (value: unknown): string => JSON.stringify(value ?? null);

const htmlNames: Readonly<Record<string, string>> = { "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&#34;", "'": "&#39;" };

/** All functions by name; `and` and `or` are the evaluator's, since they stop early. */
export const templateFunctions: Readonly<Record<string, TemplateFunction>> = {
  and: (...args) => args.at(-1),
  or: (...args) => args.at(-1),
  not: (value) => !isTruthy(value),
  eq: (left, ...others) => others.some((other) => equal(left, other)),
  ne: (left, right) => !equal(left, right),
  lt: (left, right) => compare(left, right) < 0,
  le: (left, right) => compare(left, right) <= 0,
  gt: (left, right) => compare(left, right) > 0,
  ge: (left, right) => compare(left, right) >= 0,
  len: lengthOf,
  index: (value, ...keys) => indexInto(value, keys),
  slice,
  json,
  print: (...args) => args.map(formatValue).join(" "),
  println: (...args) => `${args.map(formatValue).join(" ")}\n`,
  printf: (format, ...args) => formatWith(text(format), args),
  html: (value) => formatValue(value).replace(/[<>&"']/g, (letter) => htmlNames[letter] ?? letter),
  urlquery: (value) => encodeURIComponent(formatValue(value)),
  join: (items, separator) => (Array.isArray(items) ? items.map(formatInner).join(text(separator)) : fail(`join: expected a list; found ${formatValue(items)}`)),
  split: (value, separator) => text(value).split(text(separator)),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  title: (value) => text(value).replace(/(^|[^\p{L}\p{N}'_])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase()),
  truncate: (value, length) => [...text(value)].slice(0, integer(length)).join(""),
  pad: (value, before, after) => `${" ".repeat(integer(before))}${text(value)}${" ".repeat(integer(after))}`,
};

const verb = /%(%|([-+# 0]*)(\d+)?(?:\.(\d+))?([a-zA-Z]))/g;

/** Go's fmt.Sprintf for the verbs that make sense here. */
function formatWith(format: string, args: readonly unknown[]): string {
  let used = 0;
  const out = format.replace(verb, (whole, percent: string, flags = "", width?: string, precision?: string, letter = "") => {
    if (percent === "%") return "%";
    if (used >= args.length) return `%!${letter}(MISSING)`;
    const value = args[used];
    used += 1;
    const formatted = formatVerb(letter, value, flags, precision === undefined ? undefined : Number(precision));
    return pad(formatted ?? `%!${letter}(${typeof value}=${formatValue(value)})`, flags, Number(width ?? 0), typeof value === "number") ?? whole;
  });
  const extra = args.slice(used).map((value) => `${typeof value}=${formatValue(value)}`);
  return extra.length === 0 ? out : `${out}%!(EXTRA ${extra.join(", ")})`;
}

function formatVerb(letter: string, value: unknown, flags: string, precision: number | undefined): string | undefined {
  const cut = (word: string): string => (precision === undefined ? word : [...word].slice(0, precision).join(""));
  if (letter === "v") return formatValue(value);
  if (letter === "s") return cut(formatValue(value));
  if (letter === "q") return JSON.stringify(cut(formatValue(value)));
  if (letter === "t") return typeof value === "boolean" ? String(value) : undefined;
  if (letter === "T") return typeof value;
  if (letter === "x" || letter === "X") {
    const hex = typeof value === "number" ? value.toString(16) : Buffer.from(formatValue(value)).toString("hex");
    return letter === "X" ? hex.toUpperCase() : hex;
  }
  if (typeof value !== "number") return undefined;
  const sign = flags.includes("+") && value >= 0 ? "+" : "";
  if (letter === "d") return Number.isInteger(value) ? `${sign}${value}` : undefined;
  if (letter === "f" || letter === "F") return `${sign}${value.toFixed(precision ?? 6)}`;
  if (letter === "e") return `${sign}${value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, "e$10$2")}`;
  if (letter === "g") return `${sign}${precision === undefined ? value : Number(value.toPrecision(precision))}`;
  if (letter === "o" || letter === "b") return value.toString(letter === "o" ? 8 : 2);
  return letter === "c" ? String.fromCodePoint(value) : undefined;
}

function pad(formatted: string, flags: string, width: number, isNumber: boolean): string {
  if (flags.includes("-")) return formatted.padEnd(width);
  if (!flags.includes("0") || !isNumber) return formatted.padStart(width);
  const sign = /^[+-]/.exec(formatted)?.[0] ?? "";
  return sign + formatted.slice(sign.length).padStart(width - sign.length, "0");
}
