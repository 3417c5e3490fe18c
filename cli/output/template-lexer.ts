/** Cuts a Go template into text and tokens: https://pkg.go.dev/text/template. */
import { templateError } from "./template-error.ts";

/** One token inside `{{ }}`. */
export type Token =
  | { readonly kind: "field"; /** `.A.B` as ["A", "B"]; `.` alone is []. */ readonly path: readonly string[] }
  | { readonly kind: "variable"; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "literal"; readonly value: string | number }
  | { readonly kind: "sign"; readonly text: "|" | "(" | ")" | ":=" | "=" | "," };

/** A stretch of a template: text to copy, or the tokens of an action. */
export type Piece = { readonly kind: "text"; readonly text: string } | { readonly kind: "action"; readonly tokens: readonly Token[]; readonly line: number };

/** @throws CalaError `template-invalid` */
export function cutTemplate(source: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimNext = false;
  while (at < source.length) {
    const open = source.indexOf("{{", at);
    const end = open < 0 ? source.length : open;
    const trimThis = source.startsWith("{{- ", open) && open >= 0;
    let text = source.slice(at, end);
    if (trimNext) text = text.trimStart();
    if (trimThis) text = text.trimEnd();
    if (text !== "") pieces.push({ kind: "text", text });
    if (open < 0) break;
    const line = source.slice(0, open).split("\n").length;
    const close = closeOf(source, open, line);
    const body = source.slice(open + 2, close);
    trimNext = /\s-$/.test(body);
    const inner = body.replace(/^-\s/, " ").replace(/\s-$/, " ");
    if (!/^\s*\/\*[\s\S]*\*\/\s*$/.test(inner)) pieces.push({ kind: "action", tokens: tokensOf(inner, line), line });
    at = close + 2;
  }
  return pieces;
}

/** Where the action's `}}` stands, not counting one inside a string or a comment. */
function closeOf(source: string, open: number, line: number): number {
  const comment = /\{\{(?:-\s)?\s*\/\*[\s\S]*?\*\//y;
  comment.lastIndex = open;
  const skip = comment.test(source) ? comment.lastIndex : open + 2;
  const part = /"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*'|\}\}|[\s\S]/y;
  part.lastIndex = skip;
  for (let match = part.exec(source); match !== null; match = part.exec(source)) {
    if (match[0] === "}}") return match.index;
    if (match[0] === '"' || match[0] === "`") throw templateError(line, match[0] === '"' ? "unterminated quoted string" : "unterminated raw quoted string");
  }
  throw templateError(line, "unclosed action");
}

// Any character beyond ASCII passes as a letter: V8 takes 3 ms to compile the real class of letters.
const tokenPattern = /\s+|(\$[A-Za-z_0-9]*)((?:\.[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)*)|((?:\.[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)+)|(\.)(?![0-9])|([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)|("(?:\\.|[^"\\])*")|(`[^`]*`)|('(?:\\.|[^'\\])+')|([+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))|(:=|[|(),=])/y;

function tokensOf(text: string, line: number): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    tokenPattern.lastIndex = at;
    const match = tokenPattern.exec(text);
    if (match === null) throw templateError(line, `unexpected ${JSON.stringify(text[at])} in action`);
    const token = tokenOf(match);
    // `(index .A 0).B`: a field right behind a parenthesis belongs to it; the parser sees it by the missing space.
    if (token?.kind === "field" && text[at - 1] === ")") tokens.push({ kind: "word", text: "." });
    if (token !== undefined) tokens.push(token);
    at = tokenPattern.lastIndex;
  }
  return tokens;
}

function tokenOf(match: RegExpExecArray): Token | undefined {
  const [, variable, path, field, dot, word, quoted, raw, char, number, sign] = match;
  if (variable !== undefined) return { kind: "variable", name: variable, path: pathOf(path ?? "") };
  if (field !== undefined) return { kind: "field", path: pathOf(field) };
  if (dot !== undefined) return { kind: "field", path: [] };
  if (word !== undefined) return { kind: "word", text: word };
  if (quoted !== undefined) return { kind: "literal", value: unquote(quoted) };
  if (raw !== undefined) return { kind: "literal", value: raw.slice(1, -1) };
  if (char !== undefined) return { kind: "literal", value: unquote(char).codePointAt(0) ?? 0 };
  if (number !== undefined) return { kind: "literal", value: Number(number.replace(/^\+/, "")) };
  return sign === undefined ? undefined : { kind: "sign", text: sign as "|" };
}

const pathOf = (text: string): string[] => text.split(".").slice(1);

const escapes: Readonly<Record<string, string>> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "\\": "\\", "'": "'", '"': '"' };

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[\s\S])/g, (_, code: string) =>
    (code.length > 1 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (escapes[code] ?? code)));
}
