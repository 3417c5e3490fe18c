import { createCipheriv } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { tarEntryBytes } from "./tar.ts";

const megabyte = 2 ** 20;

/** Bytes that do not compress and are the same in every run. */
function randomSource(): (size: number) => Buffer {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, 1), Buffer.alloc(16));
  return (size) => cipher.update(Buffer.alloc(size));
}

function writeArchive(path: string, entries: Iterable<Buffer>): { path: string } {
  const fd = openSync(path, "w");
  for (const bytes of entries) writeSync(fd, bytes);
  writeSync(fd, Buffer.alloc(1024));
  closeSync(fd);
  return { path };
}

/** 500 MB in files of 1 kB to 16 MB, half of it random, half text that compresses. */
export async function bigLayer(work: string): Promise<{ path: string }> {
  const random = randomSource();
  const sizes = [16 * megabyte, 4 * megabyte, megabyte, 256 * 1024, 16 * 1024, 1024];
  function* entries(): Generator<Buffer> {
    let total = 0;
    for (let index = 0; total < 500 * megabyte; index += 1) {
      const size = sizes[index % sizes.length] ?? megabyte;
      const content = index % 12 < 6 ? random(size) : Buffer.alloc(size, `line ${index} of a file that compresses well\n`);
      if (index % 100 === 0) yield tarEntryBytes({ name: `big/${Math.floor(index / 100)}/`, type: "directory" });
      yield tarEntryBytes({ name: `big/${Math.floor(index / 100)}/${index}`, content });
      total += size;
    }
  }
  return writeArchive(join(work, "big.tar"), entries());
}

/** 20 000 files of up to 2 kB in 200 directories, of 20 owners. */
export async function manyFilesLayer(work: string): Promise<{ path: string }> {
  const random = randomSource();
  function* entries(): Generator<Buffer> {
    for (let dir = 0; dir < 200; dir += 1) {
      yield tarEntryBytes({ name: `many/${dir}/`, type: "directory" });
      for (let file = 0; file < 100; file += 1) yield tarEntryBytes({ name: `many/${dir}/${file}`, content: random((file * 37) % 2048), uid: dir % 20, gid: dir % 20 });
    }
  }
  return writeArchive(join(work, "many.tar"), entries());
}
