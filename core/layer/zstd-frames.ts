/** Node's own zstd takes the end of one frame for the end of all; here one decoder follows the other. */
import { Duplex, type Transform } from "node:stream";
import { CalaError } from "../base/error.ts";

/** A decoder for one frame. */
export type FrameDecoder = Transform & {
  /** Bytes of input that it has used. */
  readonly bytesWritten: number;
};

/** A stream that unpacks all frames of its input, skippable ones included. Source: RFC 8878, section 3.1. */
export function zstdFrames(makeDecoder: () => FrameDecoder): Transform {
  return Duplex.from((source: AsyncIterable<Buffer>) => decodeAll(new Input(source), makeDecoder)) as unknown as Transform;
}

/** Chunks with a way to give some back. */
class Input {
  readonly #chunks: AsyncIterator<Buffer>;
  #waiting: Buffer | undefined;

  constructor(source: AsyncIterable<Buffer>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** The next bytes, never none of them; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) return waiting;
    for (;;) {
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      if (next.value.length > 0) return next.value;
    }
  }

  giveBack(bytes: Buffer): void {
    if (bytes.length > 0) this.#waiting = bytes;
  }

  /** At least `count` bytes while there are so many. */
  async atLeast(count: number): Promise<Buffer | undefined> {
    let bytes = await this.next();
    while (bytes !== undefined && bytes.length < count) {
      const more = await this.next();
      if (more === undefined) break;
      bytes = Buffer.concat([bytes, more]);
    }
    return bytes;
  }
}

async function* decodeAll(input: Input, makeDecoder: () => FrameDecoder): AsyncGenerator<Buffer> {
  for (let head = await input.atLeast(8); head !== undefined; head = await input.atLeast(8)) {
    if (head.length >= 8 && isSkippableFrame(head)) await skip(input, head);
    else yield* decodeOne(input, head, makeDecoder());
  }
}

/** Whether a frame begins here that has other things than data, as zstd:chunked puts around its own. */
export function isSkippableFrame(head: Uint8Array): boolean {
  return head.length >= 4 && (head[0] ?? 0) >> 4 === 5 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
}

async function skip(input: Input, head: Buffer): Promise<void> {
  let left = 8 + head.readUInt32LE(4);
  for (let bytes: Buffer | undefined = head; bytes !== undefined; bytes = await input.next()) {
    if (bytes.length >= left) return input.giveBack(bytes.subarray(left));
    left -= bytes.length;
  }
}

async function* decodeOne(input: Input, head: Buffer, decoder: FrameDecoder): AsyncGenerator<Buffer> {
  let fed = 0;
  let last = head;
  let isOver = false;
  const over = new Promise<void>((resolve) => decoder.once("close", resolve).once("end", resolve).once("error", () => resolve()));
  void over.then(() => { isOver = true; });
  // One chunk at a time, so that only the last one can be left over.
  const feed = async (): Promise<void> => {
    for (let bytes: Buffer | undefined = head; bytes !== undefined && !isOver; bytes = await input.next()) {
      last = bytes;
      fed += bytes.length;
      const chunk = bytes;
      await Promise.race([new Promise<void>((resolve) => decoder.write(chunk, () => resolve())), over]);
      if (isOver) return;
    }
    if (!isOver) decoder.end();
  };
  const feeding = feed();
  // Seen below; a reader who has gone must not leave it unhandled.
  feeding.catch((error: unknown) => decoder.destroy(error as Error));
  try {
    yield* decoder as AsyncIterable<Buffer>;
    await feeding;
    const unused = fed - decoder.bytesWritten;
    if (unused >= fed) throw new CalaError("layer-invalid", "the layer's compressed bytes are damaged: a frame of zstd without an end");
    input.giveBack(last.subarray(last.length - unused));
  } finally {
    decoder.destroy();
  }
}
