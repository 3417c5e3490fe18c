import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseEntrypoint } from "../../../../core/spec/parse/entrypoint.ts";

test("one word, a list, nothing", () => {
  assert.equal(parseEntrypoint("/bin/sh -c"), ["/bin/sh -c"]);
  assert.equal(parseEntrypoint('["sh","-c"]'), ["sh", "-c"]);
  assert.equal(parseEntrypoint(""), []);
  assert.equal(parseEntrypoint('[""]'), []);
  for (const text of ["[sh", "[1]"]) assert.throws(() => parseEntrypoint(text), (error: Error) => error.message.includes(`"${text}"`));
});

test.run();
