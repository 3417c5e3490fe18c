/** argv to exit code: finds the command, loads only that one, has clipanion parse its words, runs it, prints its error. */
import { Cli, Command as ClipanionCommand } from "clipanion";
import { CalaError, isErrno } from "../core/base/error.ts";
import { calaVersion } from "../core/info/version.ts";
import { checkArgumentCount, scanArguments, type Scan } from "./argv.ts";
import { argumentBounds, type RawInput } from "./command.ts";
import { entries, groups, type CommandEntry } from "./commands/index.ts";
import { makeContext, type Context, type ContextParts, type Interruption } from "./context.ts";
import { findCommand, type CommandTree, type Found } from "./find-command.ts";
import { environmentOf, globalOptions, isDebugging, refusedOptions, refuseGlobals, type GlobalValues } from "./globals.ts";
import { parserField, parserName, type Option, type OptionRecord } from "./option.ts";
import { descriptorSink, type Sink } from "./output/sink.ts";
import { systemLogSink } from "./system-log.ts";
import { renderError } from "./render-error.ts";

/** What the program talks to; a test gives its own. */
export interface Terminal {
  readonly out: Sink;
  readonly err: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const tree: CommandTree = { entries, groups };

/** Runs the program's own arguments and sets the exit code; what the start file of the build calls. */
export async function start(): Promise<void> {
  const template = process.env["CALA_LAUNCH_TEMPLATE"];
  if (template !== undefined) {
    const open = process.env["CALA_LAUNCH_OPEN"] ?? "";
    for (const name of ["CALA_LAUNCH_TEMPLATE", "CALA_LAUNCH_OPEN"]) delete process.env[name];
    (await import("./shortcut/trace.ts")).traceLaunch(template, open.split(","));
  }
  const terminal: Terminal = { out: descriptorSink(1), err: descriptorSink(2), env: process.env };
  process.on("uncaughtException", (error) => process.exit(answer(error, terminal.err, isDebugging({ debug: false, logLevel: "warn" }, process.env))));
  // Nothing is left to wait for, yet the command has not ended: without this, Node would leave silently with 0.
  process.once("beforeExit", () => process.exit(answer(new Error("bug in cala: the command never ended"), terminal.err, false)));
  process.exitCode = await main(process.argv.slice(2), terminal);
}

/** Tells the user of an error. Returns the exit code. */
function answer(error: unknown, err: Sink, debug: boolean): number {
  // The reader has gone, as in `cala ps | head -1`: nobody is left to tell.
  if (isErrno(error, "EPIPE") && error instanceof Error && "syscall" in error && error.syscall === "write") return 0;
  const { text, exitCode } = renderError(error, debug);
  writeQuietly(process.env["CALA_SYSLOG"] === "1" ? systemLogSink(err) : err, text);
  return exitCode;
}

/** One call of the program. Never throws; returns the exit code. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const interruption: Interruption = { signalNumber: 0 };
  let debug = isDebugging({ debug: false, logLevel: "warn" }, terminal.env);
  try {
    const scan = scanArguments(argv, { ...globalOptions, ...refusedOptions }, { interspersed: false, program: "cala" });
    const { given } = parseWords({ ...globalOptions, ...refusedOptions }, scan);
    refuseGlobals(given);
    const globals = readGlobals(given);
    debug = isDebugging(globals, terminal.env);
    return await runCommand({ argv, scan, globals, terminal: await effective(globals, terminal), interruption });
  } catch (error) {
    if (interruption.signalNumber > 0) return 128 + interruption.signalNumber;
    return answer(error, terminal.err, debug);
  }
}

interface Call {
  readonly argv: readonly string[];
  readonly scan: Scan;
  readonly globals: GlobalValues;
  readonly terminal: Terminal;
  readonly interruption: Interruption;
}

async function runCommand(call: Call): Promise<number> {
  const { scan, globals, terminal } = call;
  if (globals.version) return say(terminal, `cala version ${calaVersion}\n`);
  const found = findCommand(scan.positionals, tree);
  if (found.kind === "group") return await answerGroup(found, scan.help, terminal);
  if (scan.help) return await help(found.words, found.entry, terminal);
  const parts: ContextParts = { globals, words: found.words, argv: call.argv, env: terminal.env, out: terminal.out, err: terminal.err };
  const code = await runFound(found.entry, found.words, found.rest, makeContext(parts, call.interruption), terminal);
  return call.interruption.signalNumber > 0 ? 128 + call.interruption.signalNumber : code;
}

async function runFound(entry: CommandEntry, words: readonly string[], rest: readonly string[], context: Context, terminal: Terminal): Promise<number> {
  const { command } = await entry.load();
  if (command.raw) return (await command.run({ given: {}, positionals: rest, context })) ?? 0;
  const program = ["cala", ...words].join(" ");
  const scan = scanArguments(rest, command.options, { interspersed: !command.optionsFirst, program });
  if (scan.help) return await help(words, entry, terminal);
  const { minimum, maximum } = argumentBounds(command.arguments);
  checkArgumentCount(scan.positionals.length, minimum, maximum, program);
  return (await command.run({ ...parseWords(command.options, scan), context })) ?? 0;
}

async function help(words: readonly string[], entry: CommandEntry, terminal: Terminal): Promise<number> {
  const [{ commandHelp }, { command }] = await Promise.all([import("./docs/help.ts"), entry.load()]);
  return say(terminal, commandHelp(words, entry, command));
}

async function answerGroup(found: Extract<Found, { kind: "group" }>, wanted: boolean, terminal: Terminal): Promise<number> {
  const program = ["cala", ...found.words].join(" ");
  const scan = scanArguments(found.rest, {}, { interspersed: true, program });
  const { groupHelp } = await import("./docs/help.ts");
  say(terminal, groupHelp(found.words, tree));
  if (wanted || scan.help) return 0;
  throw new CalaError("command-missing", `missing command '${program} COMMAND'`);
}

/**
 * Has clipanion parse the normalised options by a class made from the records. Options that were not given need no rule; the
 * arguments are sorted out already.
 */
function parseWords(options: OptionRecord, scan: Scan): Pick<RawInput, "given" | "positionals"> {
  if (scan.options.length === 0) return { given: {}, positionals: scan.positionals };
  const used = new Set(scan.options.map((word) => word.replace(/=.*$/s, "").replace(/^--no-/, "--")));
  const given = Object.entries(options).filter(([, option]) => used.has(parserName(option)));
  class Parsed extends ClipanionCommand {
    static override readonly paths = [ClipanionCommand.Default];
    constructor() {
      super();
      Object.assign(this, Object.fromEntries(given.map(([key, option]) => [`option ${key}`, parserField(option)])));
    }
    override async execute(): Promise<number> {
      return 0;
    }
  }
  const cli = new Cli({ binaryName: "cala" });
  cli.register(Parsed);
  const parsed = cli.process([...scan.options], {}) as unknown as Record<string, unknown>;
  return {
    given: Object.fromEntries(given.map(([key]) => [key, textsOf(parsed[`option ${key}`])])),
    positionals: scan.positionals,
  };
}

function textsOf(parsed: unknown): readonly string[] {
  if (typeof parsed === "boolean") return [String(parsed)];
  if (typeof parsed === "number") return Array.from({ length: parsed }, () => "true");
  return parsed as readonly string[];
}

function readGlobals(given: RawInput["given"]): GlobalValues {
  const read = (key: string, option: Option<unknown>): [string, unknown] => [key, option.read(given[key])];
  return Object.fromEntries(Object.entries(globalOptions).map(([key, option]) => read(key, option))) as unknown as GlobalValues;
}

/** Puts global options into effect: the process's own environment too, as whatever it starts or loads reads it there. */
async function effective(globals: GlobalValues, terminal: Terminal): Promise<Terminal> {
  const added = environmentOf(globals);
  if (terminal.env === process.env) Object.assign(process.env, added);
  const env = terminal.env === process.env ? process.env : { ...terminal.env, ...added };
  const err = globals.syslog ? systemLogSink(terminal.err) : terminal.err;
  if (globals.out === undefined) return { ...terminal, env, err };
  const { fileSink } = await import("./output/file-sink.ts");
  return { ...terminal, env, err, out: fileSink(globals.out) };
}

function say(terminal: Terminal, text: string): number {
  terminal.out.write(text);
  return 0;
}

function writeQuietly(sink: Sink, text: string): void {
  try {
    sink.write(text);
  } catch {
    // Standard error is closed: the exit code still tells.
  }
}
