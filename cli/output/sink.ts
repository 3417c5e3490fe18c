import { fstatSync, writeSync } from "node:fs";

/** Where text goes: standard output, standard error, or a list in a test. */
export interface Sink {
  readonly isTty: boolean;
  /** Width of the terminal in columns, or 80. */
  columns(): number;
  write(data: string | Uint8Array): void;
}

/**
 * A sink that writes a descriptor at once. Node's own process.stdout costs a millisecond at the start and is asynchronous
 * for some kinds of file, so it is touched only where the descriptor may be a terminal.
 */
export function descriptorSink(descriptor: 1 | 2): Sink {
  let tty: boolean | undefined;
  const stream = (): NodeJS.WriteStream => (descriptor === 1 ? process.stdout : process.stderr);
  return {
    get isTty(): boolean {
      tty ??= isCharacterDevice(descriptor) && stream().isTTY === true;
      return tty;
    },
    columns: () => (isCharacterDevice(descriptor) ? stream().columns || 80 : 80),
    write: (data) => writeAll(descriptor, typeof data === "string" ? Buffer.from(data) : data),
  };
}

function isCharacterDevice(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    return false;
  }
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
