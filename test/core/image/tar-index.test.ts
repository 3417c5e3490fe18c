import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { indexTar } from "../../../core/image/tar-index.ts";
import { tarEnd, tarHeader } from "../../../core/image/tar-writer.ts";
import { archiveTree } from "../../../core/image/transports/tree.ts";

const huge = 5 * 2 ** 30;
const block = 512;

test("members behind more bytes than 32 bits count are found and read, a piece at a time", async () => {
  const dir = mkdtempSync(join(tmpdir(), "cala-tar-"));
  const path = join(dir, "archive.tar");
  const fd = openSync(path, "wx");
  try {
    // The first member is a hole: it takes no room on the disk.
    writeSync(fd, tarHeader("checkpoint/pages-1.img", huge), 0, block, 0);
    const rest = Buffer.concat([tarHeader("cala.json", 2), Buffer.from("{}".padEnd(block, "\0")), tarEnd()]);
    writeSync(fd, rest, 0, rest.length, block + huge);
    assert.equal([...indexTar(path).values()].map(({ name, offset, sizeBytes }) => [name, offset, sizeBytes]), [["checkpoint/pages-1.img", block, huge], ["cala.json", huge + 2 * block, 2]]);
    const tree = archiveTree(path, "archive");
    assert.is((await tree.read("cala.json", 100)).toString(), "{}");
    const pieces: Buffer[] = [];
    for await (const piece of tree.open("cala.json")) pieces.push(piece as Buffer);
    assert.is(Buffer.concat(pieces).toString(), "{}");
    await tree.read("checkpoint/pages-1.img", 100).then(() => assert.unreachable(), (error: Error) => assert.match(error.message, "longer than 100 bytes"));
    const { value: first } = (await tree.open("checkpoint/pages-1.img")[Symbol.asyncIterator]().next()) as { value: Buffer };
    assert.ok(first.length > 0 && first.length <= 2 ** 20);
  } finally {
    closeSync(fd);
    rmSync(dir, { recursive: true });
  }
});

test.run();
