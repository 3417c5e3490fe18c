import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { sha256OfText } from "../../../core/base/sha256.ts";

const lengths = [0, 1, 3, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000];

test("texts of every kind of length have the digest that node:crypto gives them", () => {
  for (const length of lengths) {
    const text = "docker.io/library/alpine:latest ".repeat(40).slice(0, length);
    assert.is(sha256OfText(text), createHash("sha256").update(text).digest("hex"), `${length} bytes`);
  }
});

test("a text is hashed as UTF-8", () => {
  assert.is(sha256OfText("größe €"), createHash("sha256").update("größe €").digest("hex"));
});

test.run();
