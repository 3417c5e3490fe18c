import { readdirSync } from "node:fs";
import { test } from "uvu";
import { complain, filesBelow, projectDir, withoutComments } from "./sources.ts";

const topLevel = new Set([
  "package.json", "package-lock.json", "tsconfig.json", "cli", "core", "native", "man", "completions", "test", "install.sh", "README.md", "LICENSE",
  "CHANGELOG.md", ".ci", ".git", ".gitignore", ".gitattributes", "node_modules", "dist",
]);

test("the top level holds what it always holds", () => {
  complain("strangers on the top level", readdirSync(projectDir).filter((name) => !topLevel.has(name)));
});

const files = filesBelow(["core", "cli", "native", "test"], ".ts", ".mjs", ".cjs", ".c", ".h");

test("file names are kebab-case", () => {
  complain("names", files.map((file) => file.path).filter((path) => !path.split("/").every((part) => /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?(\.[a-z]+)?$/.test(part))));
});

test("no file or folder is a box for anything", () => {
  complain("names that say nothing", files.map((file) => file.path).filter((path) => /(^|[/-])(utils?|helpers?|common|managers?|misc|shared)([/.-]|$)/.test(path.replace("credential-helper", ""))));
});

const forbidden: ReadonlyArray<readonly [what: string, pattern: RegExp]> = [
  ["a default export", /^export default\b/m],
  ["any", /(?::|<|\bas|,)\s*any\b(?!["'`])/],
  ["an enum", /^(?:export )?(?:const )?enum\b/m],
  ["a check switched off", /@ts-(?:ignore|expect-error|nocheck)|eslint-disable/],
];

for (const [what, pattern] of forbidden) {
  test(`no file has ${what}`, () => {
    const own = "test/rules/names.test.ts";
    const sources = filesBelow(["core", "cli", "test"], ".ts").filter((file) => file.path !== own);
    complain(what, sources.filter((file) => pattern.test(stripped(file.text, what))).map((file) => file.path));
  });
}

/** Comments may speak of anything, but a check is switched off in a comment. */
function stripped(text: string, what: string): string {
  return what === "a check switched off" ? text : withoutComments(text).replace(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, '""');
}

test.run();
