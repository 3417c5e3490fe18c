import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseDevice } from "../../../../core/spec/parse/device.ts";

const cases: readonly (readonly [string, string | undefined])[] = [
  ["/dev/fuse", "/dev/fuse /dev/fuse rwm"], ["/dev/fuse:/dev/f", "/dev/fuse /dev/f rwm"], ["/dev/fuse:r", "/dev/fuse /dev/fuse r"],
  ["/dev/fuse:/dev/f:rw", "/dev/fuse /dev/f rw"], ["fuse", undefined], ["/dev/fuse:x", undefined], ["/dev/fuse:/dev/f:rr", undefined], ["/a:/b:r:w", undefined],
];

for (const [text, expected] of cases) {
  test(`--device ${text}`, () => {
    if (expected === undefined) assert.throws(() => parseDevice(text), (error: Error) => error.message.includes(`"${text}"`));
    else assert.is(Object.values(parseDevice(text)).join(" "), expected);
  });
}

test.run();
