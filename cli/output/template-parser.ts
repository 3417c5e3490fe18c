/** Makes a tree of a template's pieces. */
import { templateError } from "./template-error.ts";
import { cutTemplate, type Piece, type Token } from "./template-lexer.ts";

/** A value in an action. */
export type Operand =
  | { readonly kind: "field"; readonly path: readonly string[] }
  | { readonly kind: "variable"; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "call"; readonly name: string }
  | { readonly kind: "pipe"; readonly pipe: Pipe; readonly path: readonly string[] };

/** Commands joined by `|`, perhaps assigned to variables. */
export interface Pipe {
  readonly variables: readonly string[];
  /** True for `:=`, which makes new variables. */
  readonly declares: boolean;
  /** Each a non-empty list: what is called, and its arguments. */
  readonly commands: readonly (readonly Operand[])[];
  readonly line: number;
}

/** A node of the tree. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly pipe: Pipe }
  | { readonly kind: "if" | "with" | "range"; readonly pipe: Pipe; readonly body: readonly Node[]; readonly otherwise: readonly Node[] }
  | { readonly kind: "break" | "continue" };

interface Reader {
  readonly pieces: readonly Piece[];
  /** Whether a function of that name exists. */
  readonly isFunction: (name: string) => boolean;
  at: number;
  loops: number;
}

/** @throws CalaError `template-invalid` */
export function parseNodes(source: string, isFunction: (name: string) => boolean): Node[] {
  const reader: Reader = { pieces: cutTemplate(source), isFunction, at: 0, loops: 0 };
  const { nodes, stop } = readList(reader);
  if (stop !== undefined) throw templateError(stop.line, `unexpected {{${wordOf(stop) ?? ""}}}`);
  return nodes;
}

type Action = Extract<Piece, { kind: "action" }>;

const wordOf = (piece: Action): string | undefined => (piece.tokens[0]?.kind === "word" ? piece.tokens[0].text : undefined);

/** Nodes up to `end`, `else` or the end of the source. */
function readList(reader: Reader): { nodes: Node[]; stop: Action | undefined } {
  const nodes: Node[] = [];
  for (;;) {
    const piece = reader.pieces[reader.at];
    if (piece === undefined) return { nodes, stop: undefined };
    reader.at += 1;
    if (piece.kind === "text") {
      nodes.push(piece);
      continue;
    }
    const word = wordOf(piece);
    if (word === "end" || word === "else") return { nodes, stop: piece };
    nodes.push(readNode(reader, piece, word));
  }
}

function readNode(reader: Reader, piece: Action, word: string | undefined): Node {
  if (word === "if" || word === "with" || word === "range") return readBlock(reader, word, piece, piece.tokens.slice(1));
  if (word === "break" || word === "continue") {
    if (reader.loops === 0) throw templateError(piece.line, `{{${word}}} outside {{range}}`);
    return { kind: word };
  }
  if (word === "define" || word === "template" || word === "block") throw templateError(piece.line, `{{${word}}} is not supported`);
  return { kind: "print", pipe: readPipe(reader, piece.tokens, piece.line, "command") };
}

function readBlock(reader: Reader, kind: "if" | "with" | "range", piece: Action, tokens: readonly Token[]): Node {
  const pipe = readPipe(reader, tokens, piece.line, kind);
  if (kind === "range") reader.loops += 1;
  const { nodes: body, stop } = readList(reader);
  if (kind === "range") reader.loops -= 1;
  if (stop === undefined) throw templateError(piece.line, "unexpected EOF");
  if (wordOf(stop) === "end") return { kind, pipe, body, otherwise: [] };
  const next = stop.tokens[1];
  if (next?.kind === "word" && (next.text === "if" || next.text === "with")) {
    return { kind, pipe, body, otherwise: [readBlock(reader, next.text, stop, stop.tokens.slice(2))] };
  }
  const rest = readList(reader);
  if (rest.stop === undefined) throw templateError(piece.line, "unexpected EOF");
  if (wordOf(rest.stop) !== "end") throw templateError(rest.stop.line, "expected end; found {{else}}");
  return { kind, pipe, body, otherwise: rest.nodes };
}

interface TokenReader {
  readonly tokens: readonly Token[];
  readonly line: number;
  readonly reader: Reader;
  at: number;
}

const isSign = (token: Token | undefined, text: string): boolean => token?.kind === "sign" && token.text === text;

function readPipe(reader: Reader, tokens: readonly Token[], line: number, context: string): Pipe {
  const cursor: TokenReader = { tokens, line, reader, at: 0 };
  const pipe = readPipeline(cursor, context);
  if (cursor.at < tokens.length) throw templateError(line, `unexpected ${describe(tokens[cursor.at])} in ${context}`);
  return pipe;
}

function readPipeline(cursor: TokenReader, context: string): Pipe {
  const { variables, declares } = readVariables(cursor, context);
  const commands: Operand[][] = [];
  do {
    const operands: Operand[] = [];
    for (let operand = readOperand(cursor); operand !== undefined; operand = readOperand(cursor)) operands.push(operand);
    const [head] = operands;
    if (head === undefined) throw templateError(cursor.line, `missing value for ${context}`);
    if (commands.length > 0 && head.kind === "literal") throw templateError(cursor.line, `non executable command in pipeline stage ${commands.length + 1}`);
    commands.push(operands);
  } while (isSign(cursor.tokens[cursor.at], "|") && (cursor.at += 1) > 0);
  return { variables, declares, commands, line: cursor.line };
}

function readVariables(cursor: TokenReader, context: string): { variables: string[]; declares: boolean } {
  const [first, second, third, fourth] = cursor.tokens.slice(cursor.at, cursor.at + 4);
  if (first?.kind !== "variable") return { variables: [], declares: false };
  if (isSign(second, ":=") || isSign(second, "=")) {
    cursor.at += 2;
    return { variables: [first.name], declares: isSign(second, ":=") };
  }
  if (!isSign(second, ",") || third?.kind !== "variable" || context !== "range") return { variables: [], declares: false };
  cursor.at += 4;
  return { variables: [first.name, third.name], declares: isSign(fourth, ":=") };
}

function readOperand(cursor: TokenReader): Operand | undefined {
  const token = cursor.tokens[cursor.at];
  if (token === undefined) return undefined;
  if (token.kind === "sign") {
    if (token.text !== "(") return undefined;
    cursor.at += 1;
    const pipe = readPipeline(cursor, "parenthesized pipeline");
    if (!isSign(cursor.tokens[cursor.at], ")")) throw templateError(cursor.line, "unclosed left paren");
    cursor.at += 1;
    return { kind: "pipe", pipe, path: readTail(cursor) };
  }
  cursor.at += 1;
  if (token.kind !== "word") return token;
  if (token.text === "true" || token.text === "false") return { kind: "literal", value: token.text === "true" };
  if (token.text === "nil") return { kind: "literal", value: null };
  if (!cursor.reader.isFunction(token.text)) throw templateError(cursor.line, `function "${token.text}" not defined`);
  return { kind: "call", name: token.text };
}

/** The `.B` of `(…).B`, which the lexer announces by a word of one dot. */
function readTail(cursor: TokenReader): readonly string[] {
  const mark = cursor.tokens[cursor.at];
  const field = cursor.tokens[cursor.at + 1];
  if (mark?.kind !== "word" || mark.text !== "." || field?.kind !== "field") return [];
  cursor.at += 2;
  return field.path;
}

function describe(token: Token | undefined): string {
  if (token === undefined) return "EOF";
  if (token.kind === "sign" || token.kind === "word") return `"${token.text}"`;
  return token.kind === "literal" ? JSON.stringify(token.value) : `<${token.kind === "variable" ? token.name : ""}.${token.path.join(".")}>`;
}
