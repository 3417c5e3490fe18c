import { test } from "uvu";
import * as assert from "uvu/assert";
import { parsePersonality } from "../../../../core/spec/parse/personality.ts";

test("domains and flags of personality(2), in any case, together", () => {
  assert.is(parsePersonality("LINUX"), 0);
  assert.is(parsePersonality("per_linux32"), 8);
  assert.is(parsePersonality("LINUX32,ADDR_NO_RANDOMIZE"), 0x40008);
  assert.throws(() => parsePersonality("BSD"), (error: { code?: string }) => error.code === "personality-invalid");
});

test.run();
