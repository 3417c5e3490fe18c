import { test } from "uvu";
import { complain, filesBelow } from "./sources.ts";

/** Exports of `lines` without a doc comment directly before them. A run of one-line exports without blank lines shares the first one's comment. */
function undocumented(path: string, text: string): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    const name = /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type) (\w+)/.exec(line)?.[1];
    return name === undefined || isDocumented(lines, index) ? [] : [`${path}: ${name}`];
  });
}

function isDocumented(lines: readonly string[], index: number): boolean {
  const before = lines[index - 1] ?? "";
  if (before.trimEnd().endsWith("*/")) return true;
  if (before.startsWith("export const ") || before.startsWith("export type ")) return isDocumented(lines, index - 1);
  // The signatures of one overloaded function share one comment.
  const name = /^export function (\w+)/.exec(lines[index] ?? "")?.[1];
  return name !== undefined && before.startsWith(`export function ${name}`) && isDocumented(lines, index - 1);
}

/** A path table's names say it all, the runtime config's types are those of its specification; a command's export is described by its record. */
const exempt = /^(core\/dirs\/paths\.ts|core\/oci\/runtime-config\.ts|cli\/commands\/.*|cli\/commands\/index\.ts)$/;

test("every export has a doc comment", () => {
  const files = filesBelow(["core", "cli", "test/e2e/harness", "test/runner"], ".ts").filter((file) => !exempt.test(file.path) && !file.path.endsWith(".test.ts"));
  complain("exports without a doc comment", files.flatMap((file) => undocumented(file.path, file.text)));
});

test.run();
