import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { generatedFiles } from "../../../cli/docs/generate.ts";
import { describeTree } from "../../../cli/docs/describe.ts";
import { entries, groups } from "../../../cli/commands/index.ts";
import { parserName } from "../../../cli/option.ts";

const files = await generatedFiles();

test("manual pages and completion scripts are as the build would write them; else run npm run build", () => {
  for (const [path, content] of files) assert.is(existsSync(path) ? readFileSync(path, "utf8") : "missing", content, `${path} is stale`);
  for (const dir of ["man", "completions"]) {
    for (const name of readdirSync(dir)) assert.ok(files.has(join(dir, name)), `${join(dir, name)} belongs to no command`);
  }
});

test("every command has words of its own, a summary, a description and an example", async () => {
  const words = entries.flatMap((entry) => [entry.words, ...entry.aliases]);
  assert.is(new Set(words).size, words.length);
  for (const group of groups) assert.not.ok(words.includes(group.words), `${group.words} is a group and a command`);
  for (const { entry, command } of (await describeTree({ entries, groups })).commands) {
    assert.match(entry.summary, /^[A-Z].*[^.]$/, entry.words);
    assert.match(command.description, /\w/, entry.words);
    assert.ok(command.examples.length > 0, `${entry.words} has no example`);
    for (const example of command.examples) assert.match(example, /^(\S+=\S+ )*cala |\| cala |-> ?cala |cala /, `${entry.words}: ${example}`);
  }
});

test("every option's names are its own, and so is the name that clipanion knows it by", async () => {
  for (const { entry, command } of (await describeTree({ entries, groups })).commands) {
    const options = Object.values(command.options);
    for (const names of [options.flatMap((option) => option.names), options.flatMap((option) => option.short ?? []), options.map(parserName)]) {
      assert.equal([...new Set(names)], names, entry.words);
    }
    for (const option of options) {
      assert.match(parserName(option), /^--[a-z]+(?:-[a-z]+)*$/, `${entry.words}: clipanion refuses this name`);
      assert.not.ok(option.names.includes("help"), entry.words);
    }
  }
});

const man = existsSync("/usr/bin/man");
(man ? test : test.skip)(`man finds nothing to warn of${man ? "" : " (needs man)"}`, () => {
  // An alias's page only points to the page of the command, in the directory where man keeps both.
  const pages = [...files].filter(([path, content]) => path.startsWith("man/") && !content.startsWith(".so ")).map(([path]) => path);
  const { status, stderr } = spawnSync("man", ["--warnings", "--encoding=utf8", "--local-file", ...pages], { env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", MANPAGER: "cat" }, encoding: "utf8" });
  assert.equal([status, stderr], [0, ""]);
});

const shells: readonly (readonly [string, readonly string[]])[] = [["bash", ["-n", "completions/cala.bash"]], ["zsh", ["-n", "completions/_cala"]], ["fish", ["-n", "completions/cala.fish"]]];

for (const [shell, args] of shells) {
  const present = ["/bin", "/usr/bin", "/usr/local/bin"].some((dir) => existsSync(join(dir, shell)));
  (present ? test : test.skip)(`${shell} reads its completion script${present ? "" : ` (needs ${shell})`}`, () => {
    execFileSync(shell, [...args], { stdio: "pipe" });
  });
}

test.run();
