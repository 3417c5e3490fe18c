import { writeSync } from "node:fs";
import { isatty } from "node:tty";

/** Where text goes: standard output, standard error, or a list in a test. */
export interface Sink {
  readonly isTty: boolean;
  /** Width of the terminal in columns, or 80. */
  columns(): number;
  write(data: string | Uint8Array): void;
}

/**
 * A sink that writes a descriptor at once. Node's own process.stdout costs a millisecond at the start and is asynchronous
 * for some kinds of file, so it is touched only to learn the width of a terminal.
 */
export function descriptorSink(descriptor: 1 | 2): Sink {
  let tty: boolean | undefined;
  return {
    get isTty(): boolean {
      tty ??= isatty(descriptor);
      return tty;
    },
    columns: () => (descriptor === 1 ? process.stdout : process.stderr).columns || 80,
    write: (data) => writeAll(descriptor, typeof data === "string" ? Buffer.from(data) : data),
  };
}

/** A sink that keeps what it is given. */
export function memorySink(columns = 80): Sink & { text(): string } {
  const parts: Buffer[] = [];
  return {
    isTty: false,
    columns: () => columns,
    write: (data) => void parts.push(Buffer.from(data as Uint8Array)),
    text: () => Buffer.concat(parts).toString(),
  };
}

/** @throws Error EPIPE where the reader has gone */
function writeAll(descriptor: number, data: Uint8Array): void {
  let at = 0;
  while (at < data.length) {
    try {
      at += writeSync(descriptor, data, at);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      // Somebody who shares the terminal made it non-blocking; there is nothing to wait on synchronously but time.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
