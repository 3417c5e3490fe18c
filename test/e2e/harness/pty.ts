/** Programs on a pseudo terminal, driven by what they print. */
import { spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { fixtureProgram } from "./programs.ts";
import { endOf } from "./spawn.ts";
import { waitFor } from "./wait-for.ts";

/** Settings of a terminal. */
export interface PtyOptions {
  readonly rows?: number;
  readonly columns?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Milliseconds until the program is killed; 120 000 unless given. */
  readonly timeoutMs?: number;
}

/** A program that runs on a terminal. */
export interface Pty {
  readonly pid: number;
  /** Everything it has printed; the terminal's `\r\n` are `\n` here. */
  readonly output: () => string;
  readonly write: (text: string) => void;
  readonly resize: (rows: number, columns: number) => void;
  /** Waits until the output matches. @throws Error at the deadline, with the output */
  readonly expect: (pattern: RegExp, timeoutMs?: number) => Promise<RegExpExecArray>;
  /** Closes the terminal, as when a window is closed. */
  readonly hangUp: () => void;
  /** The program's status: 128 + signal when a signal ended it. */
  readonly ended: Promise<number>;
}

/** Starts a program on a new terminal. */
export async function startPty(words: readonly string[], options: PtyOptions = {}): Promise<Pty> {
  const driver = await fixtureProgram("pty-driver");
  const size = [String(options.rows ?? 24), String(options.columns ?? 80)];
  const child = spawn(driver, [...size, ...words], { env: options.env, cwd: options.cwd, stdio: ["pipe", "pipe", "inherit", "pipe"] });
  if (child.stdin === null || child.stdout === null) throw new Error("pty driver without pipes");
  const input: Writable = child.stdin;
  const control = child.stdio[3] as Writable;
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => { output += text; });
  for (const stream of [input, control]) stream.on("error", () => {}); // the program may be gone
  const said = (): string => output.replaceAll("\r\n", "\n");
  const timeoutMs = options.timeoutMs ?? 120_000;
  const ended = endOf(child, timeoutMs, () => `${words.join(" ")} on a terminal took longer than ${timeoutMs} ms; it said: ${said()}`).then(({ code }) => code);
  ended.catch(() => {}); // reported where it is awaited
  return {
    pid: child.pid ?? 0,
    output: said,
    write: (text) => void input.write(text),
    resize: (rows, columns) => void control.write(`${rows} ${columns}\n`),
    expect: async (pattern, patience = 30_000) => {
      const found = await waitFor(`${pattern} in terminal output`, () => pattern.exec(said()) ?? undefined, patience).catch((error: Error) => {
        throw new Error(`${error.message}; it said: ${said()}`);
      });
      return found;
    },
    hangUp: () => void child.kill("SIGKILL"),
    ended,
  };
}
