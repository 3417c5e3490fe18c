/** Which words of a command line a template leaves open: those of the command in the container, and the value of --name. */
import type { ContainerRecord } from "../../core/container/record.ts";
import type { PlanOrigin } from "../../core/plan/origin.ts";
import { openFlags } from "./guard.ts";

/** What is open. */
export interface Opening {
  /** Words of the command line that are not. */
  readonly fixed: number;
  /** Arguments of the container's command that are not: of its entrypoint. */
  readonly kept: number;
  readonly flags: number;
}

/** Of this command line; undefined where its words decide over more than themselves. */
export function openingOf(words: readonly string[], { request, args }: ContainerRecord): Opening | undefined {
  const { command, name } = request;
  const fixed = words.length - command.length, kept = args.length - command.length;
  if (command.length === 0 || fixed <= 0 || kept < 0 || request.systemd?.active === true) return undefined;
  if (!command.every((word, index) => words[fixed + index] === word && args[kept + index] === word)) return undefined;
  const names = words.slice(0, fixed).flatMap((word, index) => (word === "--name" ? [words[index + 1]] : word.startsWith("--name=") ? [word.slice("--name=".length)] : []));
  if (names.length > 1 || names[0] !== name) return undefined;
  return { fixed, kept, flags: openFlags.command | (name === undefined ? 0 : openFlags.name) };
}

/** What stands for the command in the files of a template; no user's words look like it. */
export interface CommandMarks {
  /** The place of all its words, with quotes. */
  readonly command: string;
  /** That of its first word, within other words. */
  readonly program: string;
}

/** The marks of one container. */
export function commandMarks(id: string): CommandMarks {
  return { command: JSON.stringify(`@command of ${id}@`), program: `@program of ${id}@` };
}

type Change = (document: never, mark: (args: readonly string[]) => string[], source: (from: string) => string) => unknown;

/** Where the command stands, by the name of a file in the container's directory. */
const documents: Readonly<Record<string, Change>> = {
  "record.json": (record: ContainerRecord, mark) => {
    const { request, cmd, args } = record;
    return { ...record, request: { ...request, command: mark(request.command), createCommand: mark(request.createCommand) }, cmd: mark(cmd), args: mark(args) };
  },
  "config.json": (config: { readonly process: { readonly args: readonly string[] } }, mark) => ({ ...config, process: { ...config.process, args: mark(config.process.args) } }),
  "origin.json": ({ ops }: PlanOrigin, _, source) => ({ ops: ops.map((each) => (each.op === "exec" ? { ...each, from: source(each.from) } : each)) }),
};

/** Whether a file of the container's directory says something of the command. */
export function tellsCommand(path: string): boolean {
  return documents[path] !== undefined;
}

/**
 * The text of such a file with marks in the place of the command. @returns undefined where the marks,
 * filled in again, would not give the file that is there
 */
export function markCommand(path: string, text: string, { request: { command } }: ContainerRecord, opening: Opening, marks: CommandMarks): string | undefined {
  const change = documents[path];
  if (change === undefined) return undefined;
  const [program = ""] = command;
  const mark = (args: readonly string[]): string[] => [...args.slice(0, args.length - command.length), JSON.parse(marks.command) as string];
  const source = (from: string): string => (opening.kept === 0 ? from.replace(program, () => marks.program) : from);
  const marked = `${JSON.stringify(change(JSON.parse(text) as never, mark, source))}\n`;
  const filled = marked.replaceAll(marks.command, () => command.map((word) => JSON.stringify(word)).join(",")).replace(marks.program, () => JSON.stringify(program).slice(1, -1));
  return filled === text ? marked : undefined;
}
