/**
 * How to write a command: one file with `export const command = defineCommand({…})`, and one line in commands/index.ts
 * that gives its words and its summary. The file `commands/rm.ts`:
 *
 *     import { defineCommand } from "../command.ts";
 *     import { flag, list, rest, value, wholeNumber } from "../option.ts";
 *
 *     export const command = defineCommand({
 *       description: "Removes containers. A running one is removed only with --force.",
 *       examples: ["cala rm web", "cala rm --force --all"],
 *       arguments: { containers: rest("CONTAINER", { complete: "containers" }) },
 *       options: {
 *         all: flag("-a, --all", "Remove all containers"),
 *         force: flag("-f, --force", "Stop running containers first"),
 *         timeSeconds: value("-t, --time", "SECONDS", "Seconds to wait before killing", { parse: wholeNumber(-1), initial: "10" }),
 *         filters: list("--filter", "FILTER", "Only containers that match the filter"),
 *       },
 *       async run({ options, args, context }) {
 *         const { removeContainers } = await import("../../core/container/remove.ts");     // heavy modules: lazily
 *         const removed = await removeContainers(context.engine, { names: args.containers, force: options.force });
 *         for (const id of removed) context.print(id);
 *         return 0;                                                                      // exit code; nothing means 0
 *       },
 *     });
 *
 * and the line in commands/index.ts (first words: the command's name; the others: its aliases):
 *
 *     entry("rm", ["container rm"], "Remove one or more containers", () => import("./rm.ts")),
 *
 * The types of `options` and `args` follow from the records. A group of options that several commands share is a plain
 * record in cli/groups/, spread into `options`, with a function beside it that turns its values into a part of a request:
 *
 *     export const limitOptions = { memory: value("-m, --memory", "SIZE", "Memory limit", { parse: size() }), … };
 *     export function limitsOf(values: OptionValues<typeof limitOptions>): LimitsRequest { … }
 *
 *     options: { ...limitOptions, ...networkOptions, detach: flag("-d, --detach", "Run in the background") },
 *     run: ({ options }) => … limitsOf(options) …
 *
 * Errors are thrown (CalaError), never printed; main.ts prints them and chooses the exit code. Text goes to `context.print`,
 * warnings to `context.warn`, Ctrl-C arrives as `context.signal`.
 */
import type { Context } from "./context.ts";
import type { Argument, ArgumentRecord, ArgumentValues, OptionRecord, OptionValues } from "./option.ts";

/** What a command's `run` is given. */
export interface CommandInput<O extends OptionRecord, A extends ArgumentRecord> {
  readonly options: OptionValues<O>;
  readonly args: ArgumentValues<A>;
  /** Names of the options that were given, as property names: tells a default from the same value typed. */
  readonly given: ReadonlySet<keyof O>;
  readonly context: Context;
}

/** What a command says of itself. */
export interface CommandSpec<O extends OptionRecord, A extends ArgumentRecord> {
  /** Paragraphs for the help and the manual. */
  readonly description: string;
  /** Command lines, each optionally followed by `  # what it does`. */
  readonly examples?: readonly string[];
  readonly options?: O;
  readonly arguments?: A;
  /** Options stop at the first argument, which begins a command line of its own: run, create, exec. */
  readonly optionsFirst?: boolean;
  /** Hands every word to `run` as an argument, `--help` included; for what the program calls itself. */
  readonly raw?: boolean;
  run(input: CommandInput<O, A>): Promise<number | void> | number | void;
}

/** A command whose option types are forgotten, as main.ts and the generators see it. */
export interface Command {
  readonly description: string;
  readonly examples: readonly string[];
  readonly options: OptionRecord;
  readonly arguments: ArgumentRecord;
  readonly optionsFirst: boolean;
  readonly raw: boolean;
  run(input: RawInput): Promise<number | void> | number | void;
}

/** Raw texts by option, and the positional words. */
export interface RawInput {
  readonly given: Readonly<Record<string, readonly string[] | undefined>>;
  readonly positionals: readonly string[];
  readonly context: Context;
}

/** Makes a command; see the top of this file. */
export function defineCommand<O extends OptionRecord = Record<never, never>, A extends ArgumentRecord = Record<never, never>>(spec: CommandSpec<O, A>): Command {
  const options = spec.options ?? ({} as O);
  const args = spec.arguments ?? ({} as A);
  return {
    description: spec.description, examples: spec.examples ?? [], options, arguments: args,
    optionsFirst: spec.optionsFirst ?? false, raw: spec.raw ?? false,
    run: ({ given, positionals, context }) => spec.run({
      options: Object.fromEntries(Object.entries(options).map(([key, option]) => [key, option.read(given[key])])) as OptionValues<O>,
      args: readArguments(args, positionals) as ArgumentValues<A>,
      given: new Set(Object.keys(options).filter((key) => given[key] !== undefined)),
      context,
    }),
  };
}

/** Deals the positional words out to the arguments, in order; the required ones first. */
function readArguments(args: ArgumentRecord, positionals: readonly string[]): Record<string, unknown> {
  let spare = positionals.length - argumentBounds(args).minimum;
  let at = 0;
  const deal = (argument: Argument<unknown>): readonly string[] => {
    const extra = Math.max(0, Math.min(spare, argument.maximum - argument.minimum));
    const taken = positionals.slice(at, at + argument.minimum + extra);
    spare -= extra;
    at += taken.length;
    return taken;
  };
  return Object.fromEntries(Object.entries(args).map(([key, argument]) => [key, argument.read(deal(argument))]));
}

/** How few and how many words the arguments take together. */
export function argumentBounds(args: ArgumentRecord): { readonly minimum: number; readonly maximum: number } {
  const all = Object.values(args);
  return { minimum: all.reduce((sum, each) => sum + each.minimum, 0), maximum: all.reduce((sum, each) => sum + each.maximum, 0) };
}
