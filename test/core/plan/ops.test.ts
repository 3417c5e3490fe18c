import { test } from "uvu";
import * as assert from "uvu/assert";
import { ops, type OpDefinition } from "../../../core/plan/ops.ts";

test("no two ops share a number", () => {
  const codes = Object.values<OpDefinition>(ops).map((definition) => definition.code);
  assert.is(new Set(codes).size, codes.length);
});

test.run();
