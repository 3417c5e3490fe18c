import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { planOpsHeader } from "../../../core/plan/generate-header.ts";
import { ops, type OpDefinition } from "../../../core/plan/ops.ts";

test("native/plan-ops.h is fresh (else: npm run build)", () => {
  assert.is(readFileSync(join(process.cwd(), "native/plan-ops.h"), "utf8"), planOpsHeader());
});

test("no two ops share a number", () => {
  const codes = Object.values<OpDefinition>(ops).map((definition) => definition.code);
  assert.is(new Set(codes).size, codes.length);
});

test.run();
