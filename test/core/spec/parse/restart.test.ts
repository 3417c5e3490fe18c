import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseRestart } from "../../../../core/spec/parse/restart.ts";

const cases: readonly (readonly [string, string])[] = [["", "no 0"], ["no", "no 0"], ["always", "always 0"], ["unless-stopped", "unless-stopped 0"], ["on-failure", "on-failure 0"], ["on-failure:5", "on-failure 5"]];

for (const [text, expected] of cases) test(`--restart ${text}`, () => assert.is(Object.values(parseRestart(text)).join(" "), expected));
for (const text of ["sometimes", "always:3", "on-failure:x", "on-failure:1:2", "on-failure:-1"]) {
  test(`--restart ${text} is refused`, () => assert.throws(() => parseRestart(text), (error: Error) => error.message.includes(`"${text}"`)));
}

test.run();
