import { spawn, type ChildProcess } from "node:child_process";

/** How a program ended and what it said. */
export interface Finished {
  /** 128 + signal number is not made up here: a killed program has code -1 and `signal`. */
  readonly code: number;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Settings of one run. */
export interface SpawnOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Milliseconds; 120 000 unless given. The program and its group are killed then and the call throws. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Runs a program to its end. Output is UTF-8 text. @throws Error when it takes too long or cannot be started */
export async function run(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  const child = spawn(program, [...args], { env: options.env ?? process.env, ...(options.cwd === undefined ? {} : { cwd: options.cwd }), stdio: ["pipe", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => { stdout += text; });
  child.stderr.setEncoding("utf8").on("data", (text: string) => { stderr += text; });
  child.stdin.on("error", () => {}); // a program may end without reading its input
  child.stdin.end(options.input ?? "");
  const timeoutMs = options.timeoutMs ?? 120_000;
  const ended = await endOf(child, timeoutMs, () => `${program} ${args.join(" ")} took longer than ${timeoutMs} ms\nstdout: ${stdout}\nstderr: ${stderr}`);
  return { ...ended, stdout, stderr };
}

/** Like `run`, but throws when the program fails. */
export async function runOk(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  const finished = await run(program, args, options);
  if (finished.code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${finished.code}\nstdout: ${finished.stdout}\nstderr: ${finished.stderr}`);
  return finished;
}

/** Waits for a child's end and the end of its output; kills it at the deadline. */
export async function endOf(child: ChildProcess, timeoutMs: number, lateMessage: () => string): Promise<{ code: number; signal: string | undefined }> {
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      child.stdout?.destroy();
      child.stderr?.destroy();
      reject(new Error(lateMessage()));
    }, timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, signal: signal ?? undefined });
    });
  });
}
