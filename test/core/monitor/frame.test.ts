import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeExit, decodeFrames, encodeFrame, encodeNumbers, encodeResize, encodeSubscribe, frameTypes } from "../../../core/monitor/frame.ts";

test("a frame is type, length and payload, little endian", () => {
  assert.is(encodeFrame(16, Buffer.from("ab")).toString("hex"), "10000000020000006162");
  assert.is(encodeSubscribe({ stdout: true, exit: true }).toString("hex"), "140000000400000009000000");
  assert.is(encodeResize({ rows: 24, columns: 80 }).toString("hex"), "120000000400000018005000");
  assert.is(encodeNumbers(frameTypes.stop, 15, 0xffffffff).toString("hex"), "17000000080000000f000000ffffffff");
});

test("frames are found however the bytes were cut", () => {
  const whole = Buffer.concat([encodeFrame(1, Buffer.from("one")), encodeFrame(2), encodeFrame(1, Buffer.alloc(300, 7))]);
  for (let cut = 0; cut <= whole.length; cut++) {
    const first = decodeFrames(whole.subarray(0, cut));
    const second = decodeFrames(Buffer.concat([first.rest, whole.subarray(cut)]));
    const frames = [...first.frames, ...second.frames];
    assert.equal(frames.map((frame) => [frame.type, frame.payload.length]), [[1, 3], [2, 0], [1, 300]]);
    assert.is(second.rest.length, 0);
  }
});

test("an exit notice has code and flags", () => {
  const payload = Buffer.alloc(8);
  payload.writeInt32LE(137, 0);
  payload.writeUInt32LE(2, 4);
  assert.equal(decodeExit(payload), { exitCode: 137, restarts: false, removes: true });
});

test.run();
