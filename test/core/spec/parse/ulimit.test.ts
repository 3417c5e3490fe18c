import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseUlimit } from "../../../../core/spec/parse/ulimit.ts";

test("soft and hard", () => {
  assert.equal(parseUlimit("nofile=1024:2048"), { name: "nofile", soft: 1024, hard: 2048 });
  assert.equal(parseUlimit("RLIMIT_CORE=0"), { name: "core", soft: 0, hard: 0 });
  assert.equal(parseUlimit("memlock=-1:-1"), { name: "memlock", soft: -1, hard: -1 });
  assert.equal(parseUlimit("stack=100:unlimited"), { name: "stack", soft: 100, hard: -1 });
});
test("bad ones", () => {
  for (const text of ["nofile", "nofile=", "nofile=a", "nofiles=1", "nofile=2:1", "nofile=-1:5", "nofile=1:2:3", "nofile=-2"]) {
    assert.throws(() => parseUlimit(text), (error: Error) => /invalid ulimit/.test(error.message));
  }
});

test.run();
