import { CalaError } from "../base/error.ts";
import { inspectContainer, type InspectDocument } from "../container/inspect.ts";
import { killContainer } from "../container/kill.ts";
import type { ContainerRecord } from "../container/record.ts";
import { removeContainer } from "../container/remove.ts";
import { startContainer } from "../container/start.ts";
import { stopContainer } from "../container/stop.ts";
import { findContainer } from "../container/store.ts";
import { viewOf, type ContainerStatus } from "../container/view.ts";
import { waitContainer } from "../container/wait.ts";
import type { Engine } from "../engine.ts";
import { parseSignal } from "../spec/parse/signal.ts";
import { runExec, type ExecOptions, type ExecResult } from "./exec.ts";
import { readOutput, type OutputLine, type OutputOptions } from "./output.ts";

/**
 * A container. With `await using` it is removed, running or not, at the end of the block; so is every one whose
 * `Symbol.asyncDispose` is called.
 */
export class Container implements AsyncDisposable {
  readonly engine: Engine;
  readonly record: ContainerRecord;

  constructor(engine: Engine, record: ContainerRecord) {
    this.engine = engine;
    this.record = record;
  }

  /** 64 hex digits. */
  get id(): string {
    return this.record.id;
  }

  /** As it was when this object was made; a rename makes it another one. */
  get name(): string {
    return this.record.name;
  }

  /** Looked up now. */
  get status(): ContainerStatus {
    return viewOf(this.engine.dirs, this.record).status;
  }

  /** podman's document about it, looked up now. @throws CalaError `container-unknown` */
  inspect(): InspectDocument {
    return inspectContainer(this.engine, viewOf(this.engine.dirs, findContainer(this.engine.dirs, this.id)));
  }

  /** Resolves when its program runs; one that runs already is left alone. @throws CalaError */
  async start(): Promise<void> {
    await startContainer(this.engine, this.record);
  }

  /** Asks it to end and kills it after so many seconds (its own time unless given; -1: never). Resolves when it has ended. */
  async stop(options: { readonly timeoutSeconds?: number } = {}): Promise<void> {
    await stopContainer(this.engine, this.record, options);
  }

  /** Sends a signal, by name or number, to its first process. @throws CalaError `container-state-improper`, `signal-invalid` */
  async kill(signal: string | number = "KILL"): Promise<void> {
    await killContainer(this.engine, this.record, parseSignal(String(signal)));
  }

  /** Resolves with its exit code when it has ended; rejects with the signal's reason when that is aborted. */
  async wait(options: { readonly signal?: AbortSignal } = {}): Promise<number> {
    return await waitContainer(this.engine, this.record, options);
  }

  /** Its output, a line at a time, from the beginning; with `follow` until it ends. @throws CalaError `log-missing` */
  output(options: OutputOptions = {}): AsyncIterable<OutputLine> {
    return readOutput(this.engine, this.record, options);
  }

  /** Runs a further process in it to its end. @throws CalaError `container-state-improper` */
  async exec(command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return await runExec(this.engine, this.record, command, options);
  }

  /** Removes it with its anonymous volumes; one that is gone already is left alone. @throws CalaError `container-state-improper` when it runs and `force` is not set */
  async remove(options: { readonly force?: boolean; readonly timeoutSeconds?: number } = {}): Promise<void> {
    const { force = false, timeoutSeconds } = options;
    await removeContainer(this.engine, this.record, { force, volumes: true, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) });
  }

  /** Kills and removes it when the signal is aborted. */
  endWith(signal: AbortSignal): void {
    // What goes wrong then has nobody to tell; the next command finds and says it.
    const end = (): void => { this.remove({ force: true, timeoutSeconds: 0 }).catch(() => undefined); };
    signal.addEventListener("abort", end, { once: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.remove({ force: true, timeoutSeconds: 0 });
    } catch (error) {
      if (!(error instanceof CalaError && error.code === "container-unknown")) throw error;
    }
  }
}
