/** An option that is accepted does its work or fails with the reason: no option is declared that no code reads. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { complain, filesBelow, importsOf, readText } from "./sources.ts";

const cli = new Map(filesBelow(["cli"], ".ts").map((file) => [file.path, file]));

/** Options that say of themselves that there is nothing for them to do, and why; anything else must be read. */
const idle: Readonly<Record<string, readonly string[]>> = {
  "cli/commands/commit.ts": ["quiet"],
  "cli/commands/container/exists.ts": ["external"],
  "cli/commands/cp.ts": ["pause", "quiet"],
  "cli/commands/exec.ts": ["noSession"],
  "cli/commands/image/import.ts": ["quiet"],
  "cli/commands/image/prune.ts": ["buildCache", "external"],
  "cli/commands/image/pull.ts": ["disableContentTrust"],
  "cli/commands/image/push.ts": ["disableContentTrust", "removeSignatures"],
  "cli/commands/image/save.ts": ["multiImageArchive"],
  "cli/commands/manifest/push.ts": ["removeSignatures"],
  "cli/commands/ps.ts": ["external", "sync"],
  "cli/commands/system/migrate.ts": ["migrateDb"],
  "cli/commands/system/prune.ts": ["build"],
  "cli/groups/image-options.ts": ["disableContentTrust"],
};
/** The words of a description that say so. */
const saysSo = /\bnothing\b|\bnone\b|\bnever\b|\balways\b|\bAccepted\b|no progress|no other tool|shares its storage with none/;

/** Files all of whose options are refused with the reason, whichever is given. */
const refusing: readonly string[] = ["cli/groups/privileged-options.ts"];
/** One with a single possible value, which the parser checks. */
const checkedByParser: Readonly<Record<string, readonly string[]>> = { "cli/commands/network/create.ts": ["ipamDriver"] };

interface Declared {
  readonly path: string;
  readonly key: string;
  readonly line: string;
}

const declared: readonly Declared[] = [...cli.values()].flatMap(({ path, text }) =>
  [...text.matchAll(/(?:^\s+|[{,]\s*)(\w+): (?:flag|value|list|pairs|count|maybeFlag|[a-z]\w*Option)\b.*$/gm)].map(([line, key = ""]) => ({ path, key, line })));

/** Every file of cli/ that a file imports, itself and those of its imports. */
const closures = new Map<string, ReadonlySet<string>>();
for (const path of cli.keys()) {
  const seen = new Set([path]);
  for (const each of seen) for (const { to } of importsOf([cli.get(each)].flatMap((file) => file ?? []))) if (cli.has(join(to))) seen.add(join(to));
  closures.set(path, seen);
}

/** As a property, or taken out of an object by its name. */
function isRead(text: string, key: string): boolean {
  return new RegExp(`\\.${key}\\b|\\{[^{}]*\\b${key}\\b[^{}]*\\}\\s*(?:=[^>]|:\\s*[A-Z{]|\\))`, "m").test(text);
}

/** Where an option may be read: by its command and what that imports; one of a group by whoever has the group, too. */
function readersOf({ path }: Declared): readonly string[] {
  const users = path.startsWith("cli/commands/") ? [path] : [...cli.keys()].filter((user) => closures.get(user)?.has(path) === true);
  return [...new Set(users.flatMap((user) => [...closures.get(user) ?? []]))];
}

const unread = declared.filter((option) => !readersOf(option).some((reader) => isRead(cli.get(reader)?.text ?? "", option.key)));

test("every option is read by some code, refused with the reason, or says that there is nothing to do", () => {
  assert.ok(declared.length > 500, `only ${declared.length} options were found: the pattern is out of date`);
  const allowed = ({ path, key, line }: Declared): boolean => refusing.includes(path) || checkedByParser[path]?.includes(key) === true || (idle[path]?.includes(key) === true && saysSo.test(line));
  complain("options that nothing reads", unread.filter((option) => !allowed(option)).map(({ path, key }) => `${path} ${key}`));
});

test("the list of options without work has none that is read after all", () => {
  const listed = [idle, checkedByParser].flatMap((list) => Object.entries(list).flatMap(([path, keys]) => keys.map((key) => `${path} ${key}`)));
  const found = new Set(unread.map(({ path, key }) => `${path} ${key}`));
  complain("options that are read", listed.filter((one) => !found.has(one)));
});

test("every wish of a container's request is read where containers are made", () => {
  const shownOnly = ["createCommand"];
  const fields = [...readText("core/spec/request.ts").matchAll(/^  readonly (\w+)\??:/gm)].map(([, name = ""]) => name);
  assert.ok(fields.length > 100);
  const readers = filesBelow(["core"], ".ts").filter(({ path }) => path !== "core/spec/request.ts" && !path.includes("/inspect"));
  complain("fields that nothing reads", fields.filter((field) => !shownOnly.includes(field) && !readers.some(({ text }) => isRead(text, field))));
});

test.run();
