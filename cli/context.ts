import type { Engine } from "../core/engine.ts";
import { openEngine } from "../core/engine.ts";
import type { GlobalValues } from "./globals.ts";
import type { Sink } from "./output/sink.ts";

/** What a command is given besides its options: where it runs, whom it talks to. */
export interface Context {
  readonly globals: GlobalValues;
  /** The words of the command as typed: `["container", "ls"]`. */
  readonly words: readonly string[];
  /** All words the user typed after `cala`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: Sink;
  readonly err: Sink;
  /** Opened at the first use. */
  readonly engine: Engine;
  /**
   * Aborted by Ctrl-C or SIGTERM. Until a command first asks for it, these signals end the program at once, as they do by
   * default; from then on the command has two seconds to clean up.
   */
  readonly signal: AbortSignal;
  /** One line on standard output. */
  print(line: string): void;
  /** One line on standard error that begins with `WARN`. */
  warn(text: string): void;
}

/** What `main` knows before the command runs. */
export type ContextParts = Pick<Context, "globals" | "words" | "argv" | "env" | "out" | "err">;

/** The number of the signal that aborted the command, which makes its exit code. */
export interface Interruption {
  signalNumber: number;
}

const graceMs = 2000;

/** Makes a command's context. `interruption` tells afterwards whether a signal came. */
export function makeContext(parts: ContextParts, interruption: Interruption = { signalNumber: 0 }): Context {
  let engine: Engine | undefined;
  let signal: AbortSignal | undefined;
  const warn = (text: string): void => parts.err.write(`WARN ${text}\n`);
  return {
    ...parts,
    get engine(): Engine {
      const driver = parts.globals.storageDriver;
      engine ??= openEngine({ env: parts.env, notice: warn, ...(driver === undefined ? {} : { storageDriver: driver }) });
      return engine;
    },
    get signal(): AbortSignal {
      signal ??= listen(interruption);
      return signal;
    },
    print: (line) => parts.out.write(`${line}\n`),
    warn,
  };
}

function listen(interruption: Interruption): AbortSignal {
  const controller = new AbortController();
  const onSignal = (signalNumber: number): void => {
    if (controller.signal.aborted) process.exit(128 + signalNumber);
    interruption.signalNumber = signalNumber;
    controller.abort();
    setTimeout(() => process.exit(128 + signalNumber), graceMs).unref();
  };
  process.on("SIGINT", () => onSignal(2));
  process.on("SIGTERM", () => onSignal(15));
  return controller.signal;
}
