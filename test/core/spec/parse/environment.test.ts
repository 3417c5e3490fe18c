import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseEnv, parseEnvFile, resolveEnv } from "../../../../core/spec/parse/environment.ts";

const host = { HOME: "/root", APP_A: "1", APP_B: "", EMPTY: undefined };

test("values, the host's values, and wildcards", () => {
  assert.equal(parseEnv("A=b=c", host), ["A=b=c"]);
  assert.equal(parseEnv("A=", host), ["A="]);
  assert.equal(parseEnv("HOME", host), ["HOME=/root"]);
  assert.equal(parseEnv("MISSING", host), []);
  assert.equal(parseEnv("APP_*", host), ["APP_A=1", "APP_B="]);
  assert.equal(parseEnv("A*=x", host), ["A*=x"]);
  for (const text of ["", "=x"]) assert.throws(() => parseEnv(text, host), (error: Error) => error.message.includes(`"${text}"`));
});
test("the lines of a file", () => {
  const content = "\uFEFF# comment\r\nA=1\r\n\n  B=two words # kept\nC=\"quoted\"\nHOME\nGONE\nD=\n";
  assert.equal(parseEnvFile(content, "f", host), ["A=1", "B=two words # kept", 'C="quoted"', "HOME=/root", "D="]);
  assert.throws(() => parseEnvFile("A B=1", "f", host), (error: Error) => error.message.includes('"A B"'));
  assert.throws(() => parseEnvFile("=1", "f", host));
});
test("files come before values", () => {
  const directory = mkdtempSync(join(tmpdir(), "cala-env-"));
  try {
    writeFileSync(join(directory, "e"), "A=1\n");
    assert.equal(resolveEnv({ files: [join(directory, "e")], values: ["A=2"], host }), ["A=1", "A=2"]);
    assert.throws(() => resolveEnv({ files: [join(directory, "none")], values: [], host }), (error: Error) => /no such file/.test(error.message));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.run();
