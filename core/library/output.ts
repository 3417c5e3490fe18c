import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { PassThrough, type Readable } from "node:stream";
import { logsCommand } from "../container/logs.ts";
import type { ContainerRecord } from "../container/record.ts";
import { nativeProgram } from "../dirs/program.ts";
import type { Engine } from "../engine.ts";

/** Which part of a container's output. */
export interface OutputOptions {
  /** Goes on until the container has ended. */
  readonly follow?: boolean;
  /** Only so many lines at the end of what is there. */
  readonly tail?: number;
  readonly since?: Date;
  readonly until?: Date;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/** A line without its newline. */
export interface OutputLine {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** Reads a container's log through the native program. Lines of one stream keep their order. @throws CalaError `log-missing` */
export async function* readOutput(engine: Engine, record: ContainerRecord, options: OutputOptions): AsyncGenerator<OutputLine> {
  const { follow = false, tail, since, until, signal } = options;
  const [program = nativeProgram(), ...words] = logsCommand(engine, record, {
    follow, tail, timestamps: false, names: false,
    ...(since === undefined ? {} : { sinceMs: since.getTime() }), ...(until === undefined ? {} : { untilMs: until.getTime() }),
  });
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
  const stop = (): void => { child.kill(); };
  signal?.addEventListener("abort", stop, { once: true });
  try {
    yield* merge(child.stdout, child.stderr);
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener("abort", stop);
    child.kill();
  }
}

function merge(stdout: Readable, stderr: Readable): AsyncIterable<OutputLine> {
  const lines = new PassThrough({ objectMode: true });
  let open = 2;
  for (const [stream, source] of [["stdout", stdout], ["stderr", stderr]] as const) {
    const reader = createInterface({ input: source, crlfDelay: 0 });
    reader.on("line", (text) => {
      // What is not read yet waits in the pipe, and so in the log.
      if (!lines.write({ stream, text })) {
        source.pause();
        lines.once("drain", () => { source.resume(); });
      }
    });
    reader.on("close", () => { if ((open -= 1) === 0) lines.end(); });
  }
  return lines as AsyncIterable<OutputLine>;
}
