/** Go templates for `--format`: text/template without define, template and block, over plain data. */
import { CalaError } from "../../core/base/error.ts";
import { templateError } from "./template-error.ts";
import { formatValue, isTruthy, templateFunctions, type TemplateFunction } from "./template-functions.ts";
import { parseNodes, type Node, type Operand, type Pipe } from "./template-parser.ts";

/** A template ready to be filled in. */
export interface Template {
  /** @throws CalaError `template-invalid` where the data lacks a field, or a function refuses its arguments */
  render(data: unknown): string;
}

/**
 * Compiles a template. `extra` adds functions. A field that an object lacks is an error when it begins with a capital, as
 * the fields of Go structs do, and `<no value>` otherwise, as a map's missing key is; an object without prototype is a map
 * throughout. A function found in the data is called, as Go calls methods.
 * @throws CalaError `template-invalid`
 */
export function compileTemplate(source: string, extra: Readonly<Record<string, TemplateFunction>> = {}): Template {
  const functions: Readonly<Record<string, TemplateFunction>> = { ...templateFunctions, ...extra };
  const nodes = parseNodes(source, (name) => Object.hasOwn(functions, name));
  return {
    render: (data) => {
      const out: string[] = [];
      execute(nodes, { dot: data, variables: new Scope(new Map([["$", data]])), functions, out });
      return out.join("");
    },
  };
}

/** Variables, visible in the blocks below. */
class Scope {
  private readonly own: Map<string, unknown>;
  private readonly outer: Scope | undefined;

  constructor(own: Map<string, unknown>, outer?: Scope) {
    this.own = own;
    this.outer = outer;
  }

  find(name: string): Map<string, unknown> | undefined {
    return this.own.has(name) ? this.own : this.outer?.find(name);
  }

  declare(name: string, value: unknown): void {
    this.own.set(name, value);
  }

  child(): Scope {
    return new Scope(new Map(), this);
  }
}

interface Frame {
  readonly dot: unknown;
  readonly variables: Scope;
  readonly functions: Readonly<Record<string, TemplateFunction>>;
  readonly out: string[];
}

/** How a list of nodes ended: by a break or continue of the loop around it, or not. */
type Ending = "break" | "continue" | undefined;

function execute(nodes: readonly Node[], frame: Frame): Ending {
  for (const node of nodes) {
    const ending = executeNode(node, frame);
    if (ending !== undefined) return ending;
  }
  return undefined;
}

function executeNode(node: Node, frame: Frame): Ending {
  switch (node.kind) {
    case "text":
      frame.out.push(node.text);
      return undefined;
    case "print": {
      const value = evaluatePipe(node.pipe, frame);
      if (node.pipe.variables.length === 0) frame.out.push(formatValue(value));
      return undefined;
    }
    case "break":
    case "continue":
      return node.kind;
    case "range":
      return executeRange(node, frame);
    case "if":
    case "with": {
      const inner = { ...frame, variables: frame.variables.child() };
      const value = evaluatePipe(node.pipe, inner);
      if (!isTruthy(value)) return execute(node.otherwise, inner);
      return execute(node.body, node.kind === "with" ? { ...inner, dot: value } : inner);
    }
  }
}

function executeRange(node: Extract<Node, { kind: "if" | "with" | "range" }>, frame: Frame): Ending {
  const value = evaluatePipe({ ...node.pipe, variables: [] }, frame);
  const items = itemsOf(value, node.pipe);
  if (items.length === 0) return execute(node.otherwise, frame);
  for (const [key, item] of items) {
    const variables = frame.variables.child();
    const names = node.pipe.variables;
    const [first, second] = names.length === 2 ? [key, item] : [item, undefined];
    if (names[0] !== undefined) variables.declare(names[0], first);
    if (names[1] !== undefined) variables.declare(names[1], second);
    if (execute(node.body, { ...frame, dot: item, variables }) === "break") break;
  }
  return undefined;
}

function itemsOf(value: unknown, pipe: Pipe): (readonly [unknown, unknown])[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.map((item, index) => [index, item] as const);
  if (typeof value === "object") return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  throw failure(pipe.line, pipe.commands[0]?.[0], `range can't iterate over ${formatValue(value)}`);
}

function evaluatePipe(pipe: Pipe, frame: Frame): unknown {
  let value: unknown;
  pipe.commands.forEach((operands, index) => {
    value = evaluateCommand(operands, frame, pipe.line, index === 0 ? [] : [value]);
  });
  for (const name of pipe.variables) {
    const scope = pipe.declares ? undefined : frame.variables.find(name);
    if (!pipe.declares && scope === undefined) throw templateError(pipe.line, `undefined variable "${name}"`);
    if (scope === undefined) frame.variables.declare(name, value);
    else scope.set(name, value);
  }
  return value;
}

function evaluateCommand(operands: readonly Operand[], frame: Frame, line: number, piped: readonly unknown[]): unknown {
  const [head, ...rest] = operands;
  if (head === undefined) return undefined;
  if (head.kind !== "call") {
    if (rest.length + piped.length > 0) return callMethod(head, [...rest.map((each) => evaluate(each, frame, line)), ...piped], frame, line);
    return evaluate(head, frame, line);
  }
  if (head.name === "and" || head.name === "or") return shortCircuit(head.name, [...rest.map((each) => () => evaluate(each, frame, line)), ...piped.map((value) => () => value)]);
  return callFunction(head, [...rest.map((each) => evaluate(each, frame, line)), ...piped], frame, line);
}

function shortCircuit(name: "and" | "or", values: readonly (() => unknown)[]): unknown {
  let value: unknown;
  for (const next of values) {
    value = next();
    if (isTruthy(value) === (name === "or")) return value;
  }
  return value;
}

function callFunction(head: Extract<Operand, { kind: "call" }>, args: readonly unknown[], frame: Frame, line: number): unknown {
  try {
    return frame.functions[head.name]?.(...args);
  } catch (error) {
    if (!(error instanceof CalaError)) throw error;
    throw failure(line, head, `error calling ${head.name}: ${error.message}`, error);
  }
}

/** `.Label "key"`: a field whose value is a function. */
function callMethod(head: Operand, args: readonly unknown[], frame: Frame, line: number): unknown {
  const method = evaluate(head, frame, line, false);
  if (typeof method !== "function") throw failure(line, head, "can't give argument to non-function");
  return (method as TemplateFunction)(...args);
}

function evaluate(operand: Operand, frame: Frame, line: number, callMethods = true): unknown {
  switch (operand.kind) {
    case "literal":
      return operand.value;
    case "call":
      return callFunction(operand, [], frame, line);
    case "pipe":
      return walk(evaluatePipe(operand.pipe, frame), operand.path, operand, line, callMethods);
    case "field":
      return walk(frame.dot, operand.path, operand, line, callMethods);
    case "variable": {
      const scope = frame.variables.find(operand.name);
      if (scope === undefined) throw templateError(line, `undefined variable "${operand.name}"`);
      return walk(scope.get(operand.name), operand.path, operand, line, callMethods);
    }
  }
}

function walk(start: unknown, path: readonly string[], operand: Operand, line: number, callMethods: boolean): unknown {
  return path.reduce((value, name, index) => {
    const field = fieldOf(value, name, operand, line);
    return typeof field === "function" && (callMethods || index < path.length - 1) ? (field as () => unknown).call(value) : field;
  }, start);
}

function fieldOf(value: unknown, name: string, operand: Operand, line: number): unknown {
  if (value === undefined) return undefined;
  if (value === null) throw failure(line, operand, `nil pointer evaluating ${name}`);
  if (typeof value === "object" && !Array.isArray(value)) {
    if (Object.hasOwn(value, name)) return (value as Record<string, unknown>)[name];
    if (Object.getPrototypeOf(value) === null || !/^[A-Z]/.test(name)) return undefined;
    throw failure(line, operand, `can't evaluate field ${name}`);
  }
  throw failure(line, operand, `can't evaluate field ${name} in type ${Array.isArray(value) ? "list" : typeof value}`);
}

function failure(line: number, operand: Operand | undefined, text: string, cause?: unknown): CalaError {
  return templateError(line, `executing "format" at <${sourceOf(operand)}>: ${text}`, cause);
}

function sourceOf(operand: Operand | undefined): string {
  if (operand === undefined) return "";
  if (operand.kind === "field") return `.${operand.path.join(".")}`;
  if (operand.kind === "variable") return [operand.name, ...operand.path].join(".");
  if (operand.kind === "call") return operand.name;
  return operand.kind === "literal" ? JSON.stringify(operand.value) : "(...)";
}
