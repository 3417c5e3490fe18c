import { createCipheriv } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { tarEntryBytes } from "./tar.ts";

const megabyte = 2 ** 20;

/** Bytes that do not compress and are the same in every run. */
function randomSource(seed = 1): (size: number) => Buffer {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, seed), Buffer.alloc(16));
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

/** 25 MB in files of 256 kB, half of it random; `number` makes each layer another one. */
export async function mediumLayer(work: string, number: number): Promise<{ path: string }> {
  const random = randomSource(number);
  function* entries(): Generator<Buffer> {
    yield tarEntryBytes({ name: `medium-${number}/`, type: "directory" });
    for (let index = 0; index < 100; index += 1) {
      const content = index % 2 === 0 ? random(256 * 1024) : Buffer.alloc(256 * 1024, `line ${index} of layer ${number}, which compresses well\n`);
      yield tarEntryBytes({ name: `medium-${number}/${index}`, content });
    }
  }
  return writeArchive(join(work, `medium-${number}.tar`), entries());
}

/** 100 000 files of up to 2 kB in 2 000 directories, as a tree of many small packages has them: half random, half text. */
export async function smallFilesLayer(work: string): Promise<{ path: string }> {
  const random = randomSource(77);
  function* entries(): Generator<Buffer> {
    for (let dir = 0; dir < 2000; dir += 1) {
      if (dir % 40 === 0) yield tarEntryBytes({ name: `small/${Math.floor(dir / 40)}/`, type: "directory" });
      const parent = `small/${Math.floor(dir / 40)}/package-${dir}/`;
      yield tarEntryBytes({ name: parent, type: "directory" });
      for (let file = 0; file < 50; file += 1) {
        const size = (file * 37 + dir) % 2048;
        yield tarEntryBytes({ name: `${parent}module-${file}.js`, content: file % 2 === 0 ? random(size) : Buffer.alloc(size, `exports.value${file} = ${dir};\n`) });
      }
    }
  }
  return writeArchive(join(work, "small.tar"), entries());
}
