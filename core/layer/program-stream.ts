/** Programs of the host as streams. */
import { spawn } from "node:child_process";
import { Duplex, Transform, Writable } from "node:stream";
import { CalaError, messageOf } from "../base/error.ts";

/** How a program's failures are told. */
export interface ProgramErrors {
  /** In front of what the system says when it cannot be started. */
  readonly missing: string;
  /** Of the program's last words, or how it ended. */
  readonly failed: (words: string) => CalaError;
}

const mostWords = 300;

/**
 * What is written goes to the program's standard input, what is read comes from its standard output. That ends only when the program has ended well
 * and had read everything: whatever it had put out before it failed or was killed is not taken for the whole.
 *
 * @throws (the stream's error) CalaError `program-missing`, or what `errors.failed` makes
 */
export function throughProgram(program: string, args: readonly string[], errors: ProgramErrors): Transform {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  let words = "", isCutOff = false;
  child.stderr.setEncoding("utf8").on("data", (text: string) => { words = (words + text).slice(0, mostWords); });
  child.stdin.on("error", () => { isCutOff = true; });
  const ending = new Promise<CalaError | undefined>((resolve) => {
    child.on("error", (error) => resolve(new CalaError("program-missing", `${errors.missing}: ${messageOf(error)}`, { hint: `install ${program}` })));
    child.on("close", (code, signal) => resolve(problemOf(code, signal)));
  });
  const problemOf = (code: number | null, signal: string | null): CalaError | undefined => {
    if (code === 0 && !isCutOff) return undefined;
    return errors.failed(words.trim() || `"${program}" ${signal !== null ? `was ended by ${signal}` : code === 0 ? "ended before it had read everything" : `ended with exit code ${code}`}`);
  };
  /* Why the program reads no more is told by its end. */
  const input = new Writable({
    write: (chunk: Buffer, _encoding, done) => { child.stdin.write(chunk, () => done()); },
    final: (done) => { child.stdin.end(() => done()); },
  });
  const output = new Transform({ transform: (chunk, _encoding, done) => done(null, chunk), flush: (done) => { void ending.then((problem) => done(problem)); } });
  child.stdout.pipe(output);
  const stream = Duplex.from({ writable: input, readable: output }) as unknown as Transform;
  stream.on("close", () => { child.kill("SIGKILL"); });
  void ending.then((problem) => { if (problem !== undefined) stream.destroy(problem); });
  return stream;
}
