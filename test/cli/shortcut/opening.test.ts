import { test } from "uvu";
import * as assert from "uvu/assert";
import { commandMarks, markCommand, openingOf, tellsCommand } from "../../../cli/shortcut/opening.ts";
import type { ContainerRecord } from "../../../core/container/record.ts";

const record = (request: Readonly<Record<string, unknown>>, args: readonly string[]): ContainerRecord => ({
  id: "1".repeat(64), name: "web", request: { createCommand: ["cala", "run", "busybox", ...(request["command"] as string[])], ...request }, cmd: request["command"], args,
} as unknown as ContainerRecord);

test("the command and the name are open, what comes before the image's command is not", () => {
  assert.equal(openingOf(["run", "--name", "web", "busybox", "echo", "a"], record({ name: "web", command: ["echo", "a"] }, ["echo", "a"])), { fixed: 4, kept: 0, flags: 3 });
  assert.equal(openingOf(["run", "--name=web", "busybox", "a"], record({ name: "web", command: ["a"] }, ["sh", "-c", "a"])), { fixed: 3, kept: 2, flags: 3 });
  assert.equal(openingOf(["run", "busybox", "a"], record({ command: ["a"] }, ["a"])), { fixed: 2, kept: 0, flags: 1 });
});

test("nothing is open where words decide over more than themselves", () => {
  assert.is(openingOf(["run", "busybox"], record({ command: [] }, ["sh"])), undefined);
  assert.is(openingOf(["run", "busybox", "init"], record({ command: ["init"], systemd: { active: true } }, ["init"])), undefined);
  assert.is(openingOf(["run", "-e", "--name", "web", "true"], record({ command: ["true"] }, ["true"])), undefined);
  assert.is(openingOf(["run", "--name", "a", "--name", "web", "busybox", "true"], record({ name: "web", command: ["true"] }, ["true"])), undefined);
  assert.is(openingOf(["run", "busybox", "true"], record({ command: ["true"] }, ["true", "more"])), undefined);
});

test("marks stand for the command alone, whatever else has the same words", () => {
  const command = ["true", "say \"true\""];
  const made = record({ command, labels: { true: "true" } }, ["true", "-x", ...command]);
  const opening = { fixed: 2, kept: 2, flags: 1 };
  const marks = commandMarks(made.id);
  const text = (value: unknown): string => `${JSON.stringify(value)}\n`;
  const marked = JSON.parse(markCommand("record.json", text(made), made, opening, marks) ?? "") as ContainerRecord;
  const mark = JSON.parse(marks.command) as string;
  assert.equal([marked.request.command, marked.args, marked.request.createCommand], [[mark], ["true", "-x", mark], ["cala", "run", "busybox", mark]]);
  assert.equal(marked.request.labels, { true: "true" });
  assert.equal(["etc/hosts", "etc/localtime", "record.json"].map(tellsCommand), [false, false, true]);
  assert.is(markCommand("record.json", `${text(made)} `, made, opening, marks), undefined);
});

test("the program's name is open in what explains a failure, unless it is an entrypoint's", () => {
  const made = record({ command: ["a\"b"] }, ["a\"b"]);
  const marks = commandMarks(made.id);
  const origin = `${JSON.stringify({ ops: [{ op: "user", from: "process.user" }, { op: "exec", from: "process.args (\"a\"b\")" }] })}\n`;
  const at = (kept: number): string => (JSON.parse(markCommand("origin.json", origin, made, { fixed: 2, kept, flags: 1 }, marks) ?? "") as { readonly ops: readonly { readonly from: string }[] }).ops[1]?.from ?? "";
  assert.is(at(0), `process.args ("${marks.program}")`);
  assert.is(at(1), "process.args (\"a\"b\")");
});

test.run();
