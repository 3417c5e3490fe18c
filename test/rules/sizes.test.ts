import { test } from "uvu";
import { complain, filesBelow, readText, type SourceFile } from "./sources.ts";

const maxFileLines = 400;
const maxFunctionLines = 60;

const typescript = filesBelow(["core", "cli", "test"], ".ts", ".mjs", ".cjs");
const c = filesBelow(["native", "test"], ".c", ".h");
const shell: SourceFile[] = [...filesBelow(["test", ".ci"], "/run", "/run-unit", "/run-e2e", "/run-ts", "/prepare"), { path: "install.sh", text: readText("install.sh") }];

test("files are at most 400 lines long", () => {
  const long = [...typescript, ...c, ...shell].map((file) => [file.path, file.text.split("\n").length - 1] as const).filter(([, lines]) => lines > maxFileLines);
  complain("long files", long.map(([path, lines]) => `${path}: ${lines} lines`));
});

/** Functions by their first line and the closing brace of the same indentation; good enough for code that is formatted. */
function longFunctions(file: SourceFile, start: RegExp): string[] {
  const lines = file.text.split("\n");
  return lines.flatMap((line, index) => {
    const match = start.exec(line);
    if (match === null) return [];
    const indent = /^ */.exec(line)?.[0] ?? "";
    const length = lines.slice(index).findIndex((later) => later.startsWith(`${indent}}`)) + 1;
    return length > maxFunctionLines ? [`${file.path}: ${match[1] ?? "?"}: ${length} lines`] : [];
  });
}

test("functions are at most 60 lines long", () => {
  const inTypescript = /^ *(?:export )?(?:async )?(?:function\*? )(\w+)[^;]*\{$/;
  const method = /^ {2}(?:static |override |private |async |get )*(\w+)\([^;]*\)(?:: [^;]+)? \{$/;
  const arrow = /^(?:export )?const (\w+) = (?:async )?\([^;]*=> \{$/;
  const inC = /^\w[\w *]*?\b(\w+)\([^;]*\{$/;
  const long = [
    ...typescript.flatMap((file) => [inTypescript, method, arrow].flatMap((start) => longFunctions(file, start))),
    ...c.flatMap((file) => longFunctions(file, inC)),
  ];
  complain("long functions", long);
});

test.run();
