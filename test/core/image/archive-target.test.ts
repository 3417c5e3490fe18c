import { Writable } from "node:stream";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { tarTarget } from "../../../core/image/archive-target.ts";

/** Takes one chunk at a time, each a little later. */
function slowOutput(): Writable & { most: number } {
  const output = Object.assign(new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => { setImmediate(done); } }), { most: 0 });
  output.on("newListener", () => { output.most = Math.max(output.most, output.listenerCount("close")); });
  return output;
}

test("waiting for a slow output leaves no listeners behind", async () => {
  const output = slowOutput();
  const archive = tarTarget(output);
  for (let index = 0; index < 30; index += 1) await archive.add(`file${index}`, Buffer.alloc(1000));
  assert.ok(output.most < 5, `${output.most} listeners`);
});

test("an output that is gone ends the writing with its error", async () => {
  const output = slowOutput();
  const archive = tarTarget(output);
  await archive.add("first", Buffer.alloc(10));
  output.destroy(new Error("pipe is broken"));
  const failure = await archive.add("second", Buffer.alloc(10)).then(() => undefined, (error: Error) => error.message);
  assert.match(failure ?? "no failure", /broken|destroyed/);
});

test.run();
