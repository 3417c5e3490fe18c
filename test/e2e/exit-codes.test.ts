import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "exit");

const none = ["run", "--rm", "--network", "none"] as const;

const cases: ReadonlyArray<readonly [what: string, words: readonly string[], code: number, message: RegExp]> = [
  ["the command's own status", [...none, "busybox", "sh", "-c", "exit 3"], 3, /^$/],
  ["a command that is not there", [...none, "busybox", "no-such-command"], 127, /no-such-command/],
  ["a path that is not there", [...none, "busybox", "/no/such/command"], 127, /\/no\/such\/command/],
  ["a file that is not executable", [...none, "busybox", "/etc/passwd"], 126, /\/etc\/passwd/],
  ["a directory as command", [...none, "busybox", "/etc"], 126, /\/etc/],
  ["an unknown option", ["run", "--no-such-option", "busybox"], 125, /--no-such-option/],
  ["no image", ["run"], 125, /./],
  ["an unknown image", [...none, "never-heard-of"], 125, /never-heard-of/],
  ["an unknown capability", [...none, "--cap-add", "FLY", "busybox", "true"], 125, /FLY/i],
  ["an invalid port", ["run", "--rm", "-p", "99999:80", "busybox", "true"], 125, /99999/],
  ["a port that is no number", ["run", "--rm", "-p", "http:80", "busybox", "true"], 125, /http/],
  ["an invalid name", [...none, "--name", "a/b", "busybox", "true"], 125, /a\/b/],
  ["an invalid volume", [...none, "-v", "/a:/b:/c:/d", "busybox", "true"], 125, /\/a:\/b/],
  ["a relative target", [...none, "-v", "vol:relative", "busybox", "true"], 125, /relative/],
  ["an invalid memory limit", [...none, "-m", "lots", "busybox", "true"], 125, /lots/],
  ["an invalid limit of files", [...none, "--ulimit", "nofile=many", "busybox", "true"], 125, /nofile/],
  ["a network nobody made", ["run", "--rm", "--network", "never-made", "busybox", "true"], 125, /never-made/],
  ["an environment file that is not there", [...none, "--env-file", "/no/such/env", "busybox", "true"], 125, /\/no\/such\/env/],
  ["a working directory that is a file", [...none, "-w", "/etc/passwd", "busybox", "true"], 126, /\/etc\/passwd/],
  ["detach keys that are none", ["run", "--detach-keys", "ctrl-1", "busybox", "true"], 125, /ctrl-1/],
  ["rm of a container that is not there", ["rm", "stranger"], 1, /stranger/],
  ["an unknown command word", ["rnu", "busybox"], 125, /rnu/],
];

for (const [what, words, code, message] of cases) {
  test(`${what}: status ${code}`, async () => {
    const run = await cala.run(words);
    assert.is(run.code, code, `${run.stdout}${run.stderr}`);
    assert.match(run.stderr.replace(/^(Trying to pull|Resolved|Copying|Getting|Writing|Storing).*\n/gm, "").trim(), message);
    assert.is(run.stdout, "");
  });
}

test("an unknown user is one error that names it", async () => {
  const run = await cala.run([...none, "-u", "stranger", "busybox", "true"]);
  assert.is(run.code, 126);
  assert.match(run.stderr, /stranger/);
});

test("a binary of another architecture: status 126 and a word about it", async () => {
  const file = join(cala.home, "foreign");
  // An ELF header of a machine that nobody has (e_machine 0x9026: Alpha).
  const header = Buffer.alloc(64);
  Buffer.from("7f454c460201010000000000000000000200269001000000", "hex").copy(header);
  writeFileSync(file, header);
  chmodSync(file, 0o755);
  const run = await cala.run([...none, "-v", `${file}:/foreign`, "busybox", "/foreign"]);
  assert.is(run.code, 126);
  assert.match(run.stderr, /\/foreign/);
});

test("exec tells the same codes apart", async () => {
  await cala.ok(["run", "-d", "--name", "host", "--network", "none", "busybox", "sleep", "1000"]);
  assert.is((await cala.run(["exec", "host", "sh", "-c", "exit 7"])).code, 7);
  assert.is((await cala.run(["exec", "host", "no-such-command"])).code, 127);
  assert.is((await cala.run(["exec", "host", "/etc/passwd"])).code, 126);
  assert.is((await cala.run(["exec", "stranger", "true"])).code, 125);
});

test("a container whose start failed is as it was created", async () => {
  assert.is((await cala.run(["run", "--name", "never-ran", "--network", "none", "busybox", "no-such-command"])).code, 127);
  assert.is(await cala.ok(["ps", "-a", "--filter", "name=never-ran", "--format", "{{.Status}} {{.State}}"]), "Created Created");
  assert.is((await cala.run(["exec", "-u", "stranger", "host", "true"])).code, 126);
  await cala.ok(["rm", "never-ran"]);
});

test("a failed run leaves no container behind", async () => {
  const before = await cala.ok(["ps", "-aq"]);
  await cala.run([...none, "busybox", "no-such-command"]);
  await cala.run(["run", "--rm", "--network", "never-made", "busybox", "true"]);
  assert.is(await cala.ok(["ps", "-aq"]), before);
});

test.run();
