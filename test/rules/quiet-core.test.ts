import { test } from "uvu";
import { complain, filesBelow, withoutComments } from "./sources.ts";

const core = filesBelow(["core"], ".ts");

function users(pattern: RegExp): string[] {
  return core.filter((file) => pattern.test(withoutComments(file.text))).map((file) => file.path);
}

test("the library never prints", () => {
  complain("prints", users(/\bconsole\.\w+\(|process\.std(?:out|err)\.write\(/));
});

test("the library never ends the process", () => {
  complain("ends the process", users(/process\.exit\(|process\.exitCode\s*=|process\.abort\(/));
});

test("only the command line's first file sets the exit code", () => {
  const setters = filesBelow(["cli"], ".ts").filter((file) => /process\.exit\(|process\.exitCode\s*=/.test(withoutComments(file.text))).map((file) => file.path);
  // context.ts ends a command that a signal interrupts.
  complain("set the exit code", setters.filter((path) => path !== "cli/main.ts" && path !== "cli/context.ts"));
});

test("Node is never asked to fork, clone or enter namespaces through koffi", () => {
  complain("calls that threads do not survive", users(/libcFunction\("\w+\*? (?:fork|vfork|clone3?|unshare|setns)\(/));
});

test.run();
