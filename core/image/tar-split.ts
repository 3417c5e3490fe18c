/** The exact tar of a layer of podman's store, from its tar-split file (vbatts/tar-split: JSON lines, gzip) and its tree. Read only. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { Readable, type Writable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CalaError, messageOf } from "../base/error.ts";
import { errorOfWords, spawnInNamespace, type NamespaceSite } from "../idmap/spawn-in-namespace.ts";

/** One line of a tar-split file: bytes of the archive as they are, or a file whose content is in the tree. */
interface SplitEntry {
  readonly type: 1 | 2;
  readonly payload?: string;
  readonly name?: string;
  /** base64, for names that are no UTF-8. */
  readonly name_raw?: string;
  readonly size?: number;
}

/** The tar; errors come out of the stream. */
export function tarFromSplit(site: NamespaceSite, splitFile: string, tree: string): Readable {
  return Readable.from(pieces(site, splitFile, tree), { objectMode: false, highWaterMark: 1 << 20 });
}

async function* pieces(site: NamespaceSite, splitFile: string, tree: string): AsyncGenerator<Buffer> {
  const native = spawnInNamespace(site, ["cala-native", "tree-cat", tree], "pipe");
  const { stdin, stdout } = native.child;
  if (stdin === null || stdout === null) throw new CalaError("native-missing", "cala's native program has no standard input");
  stdin.on("error", () => undefined); // what it said is the cause
  const asking = askForFiles(splitFile, stdin);
  asking.catch(() => stdin.destroy());
  const content = new ExactReader(stdout);
  try {
    for await (const entry of entriesOf(splitFile)) {
      if (entry.type === 2) yield Buffer.from(entry.payload ?? "", "base64");
      else yield* content.take(entry.size ?? 0);
    }
    await asking;
    const status = await native.ended;
    if (status !== 0) throw new TruncatedContent();
  } catch (error) {
    if (!(error instanceof TruncatedContent)) throw error;
    await native.ended;
    throw errorOfWords(native.words(), "tree-not-read", `cannot read the layer in "${tree}"`);
  } finally {
    native.child.kill("SIGKILL");
  }
}

/** Runs ahead of the reader as far as the pipe lets it. */
async function askForFiles(splitFile: string, stdin: Writable): Promise<void> {
  for await (const entry of entriesOf(splitFile)) {
    if (entry.type !== 1 || (entry.size ?? 0) === 0) continue;
    const name = entry.name_raw === undefined ? Buffer.from(entry.name ?? "") : Buffer.from(entry.name_raw, "base64");
    if (stdin.destroyed) return;
    if (!stdin.write(Buffer.concat([Buffer.from(`${entry.size ?? 0} `), name, Buffer.from([0])]))) await Promise.race([once(stdin, "drain"), once(stdin, "close")]);
  }
  stdin.end();
}

async function* entriesOf(file: string): AsyncGenerator<SplitEntry> {
  const source = createReadStream(file);
  const unpacked = createGunzip();
  source.on("error", (error) => unpacked.destroy(error));
  try {
    for await (const line of createInterface({ input: source.pipe(unpacked), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line !== "") yield JSON.parse(line) as SplitEntry;
    }
    if (unpacked.errored !== null) throw unpacked.errored;
  } catch (error) {
    throw error instanceof CalaError ? error : new CalaError("archive-invalid", `"${file}" is damaged: ${messageOf(error)}`, { cause: error });
  } finally {
    source.destroy();
  }
}

/** The files' bytes ended before they should. */
class TruncatedContent extends Error {}

/** Cuts a stream into pieces of known sizes. */
class ExactReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async *take(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next();
        if (next.done === true) throw new TruncatedContent();
        this.#rest = next.value;
      }
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }
}
