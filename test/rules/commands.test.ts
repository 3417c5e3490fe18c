import { test } from "uvu";
import { entries } from "../../cli/commands/index.ts";
import { complain, filesBelow, readText } from "./sources.ts";

const shown = entries.filter((entry) => !entry.hidden);
const tests = filesBelow(["test"], ".test.ts").filter((file) => !file.path.startsWith("test/rules/"));

test("every command has a man page", () => {
  const pages = new Set(filesBelow(["man"], ".1").map((file) => file.path));
  complain("commands without a page", shown.map((entry) => `man/cala-${entry.words.replaceAll(" ", "-")}.1`).filter((page) => !pages.has(page)));
});

test("every command is completed", () => {
  const bash = readText("completions/cala.bash");
  // The scripts may ask `cala __complete`, which answers from the same list.
  if (bash.includes("__complete")) return;
  complain("commands that are not completed", shown.map((entry) => entry.words).filter((words) => !bash.includes(words.split(" ").at(-1) ?? words)));
});

test("every command is run by a test", () => {
  const text = tests.map((file) => file.text).join("\n");
  const isTested = (words: string): boolean => {
    const list = words.split(" ").map((word) => `"${word}"`).join(",\\s*");
    return new RegExp(`[\\[(]\\s*${list}\\s*[,\\]]`).test(text);
  };
  complain("commands that no test runs", shown.filter((entry) => ![entry.words, ...entry.aliases].some(isTested)).map((entry) => entry.words));
});

test("commands are listed once", () => {
  const names = entries.flatMap((entry) => [entry.words, ...entry.aliases]);
  complain("names given twice", names.filter((name, index) => names.indexOf(name) !== index));
});

test("every file of commands is in the list", () => {
  const list = readText("cli/commands/index.ts");
  const files = filesBelow(["cli/commands"], ".ts").map((file) => file.path.replace("cli/commands/", "./")).filter((path) => path !== "./index.ts");
  complain("files that the list does not load", files.filter((path) => !list.includes(`"${path}"`)));
});

test.run();
