import { test } from "uvu";
import * as assert from "uvu/assert";
import { longestPauseMs, pauseMs } from "../../../core/registry/retry.ts";

test("pauses double up to a minute, a quarter more or less; those that the user chose stay as they are", () => {
  assert.equal([0, 1, 2, 20].map((attempt) => pauseMs({ attempts: 3, delayMs: 500 }, attempt, 0.5)), [500, 1000, 2000, longestPauseMs]);
  assert.equal([pauseMs({ attempts: 3, delayMs: 500 }, 0, 0), pauseMs({ attempts: 3, delayMs: 500 }, 0, 1)], [375, 625]);
  assert.equal([0, 3, 20].map((attempt) => pauseMs({ attempts: 3, delayMs: 90_000, steady: true }, attempt, 0)), [90_000, 90_000, 90_000]);
});

test.run();
