import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "spelling");

/** Docker's and podman's ways to write the same thing; each ends with the output on the right. */
const spellings: ReadonlyArray<readonly [words: readonly string[], output: string]> = [
  [["run", "--rm", "--network=none", "-eA=b", "busybox", "sh", "-c", "echo $A"], "b"],
  [["run", "--rm", "--network=none", "-e=A=b", "busybox", "sh", "-c", "echo $A"], "b"],
  [["run", "--rm", "--net", "none", "--env", "A=b", "busybox", "sh", "-c", "echo $A"], "b"],
  [["run", "--rm=true", "--network", "none", "-w/tmp", "busybox", "pwd"], "/tmp"],
  [["run", "--rm", "--network", "none", "-u1000", "busybox", "id", "-u"], "1000"],
  [["run", "--rm", "--network", "none", "-iu", "1000", "busybox", "id", "-u"], "1000"],
  [["run", "--rm", "--network", "none", "--memory-swap", "-1", "busybox", "echo", "x"], "x"],
  [["run", "--rm", "--network", "none", "--tty=false", "busybox", "echo", "-e", "a"], "a"],
  [["run", "--rm", "--network", "none", "busybox", "echo", "--rm", "-d", "--name", "x"], "--rm -d --name x"],
  [["run", "--rm", "--network", "none", "--", "busybox", "echo", "x"], "x"],
  [["container", "run", "--rm", "--network", "none", "busybox", "echo", "x"], "x"],
  [["--log-level", "error", "run", "--rm", "--network", "none", "busybox", "echo", "x"], "x"],
];

for (const [words, output] of spellings) {
  test(words.join(" "), async () => {
    const run = await cala.run(words);
    assert.is(run.stdout.trimEnd(), output, run.stderr);
    assert.is(run.code, 0);
  });
}

const said: ReadonlyArray<readonly [words: readonly string[], pattern: RegExp]> = [
  [["--help"], /^Usage:[\s\S]*run/m],
  [["run", "--help"], /--rm/],
  [["help", "run"], /--rm/],
  [["--version"], /^cala version \d+\.\d+\.\d+/],
  [["version"], /Version:\s+\d/],
  [["version", "--format", "{{.Client.Version}}"], /^\d+\.\d+\.\d+$/],
  [["info", "--format", "json"], /^\{/],
  [["completion", "bash"], /complete/],
  [["completion", "zsh"], /compdef/],
  [["completion", "fish"], /complete/],
];

for (const [words, pattern] of said) {
  test(`${words.join(" ")} is an answer on standard output`, async () => {
    assert.match(await cala.ok(words), pattern);
  });
}

test("ps: table, -a, -q, --no-trunc, --filter, --format, json, --last", async () => {
  const id = await cala.ok(["run", "-d", "--name", "up", "--label", "kind=test", "--network", "none", "busybox", "sleep", "100"]);
  await cala.ok(["create", "--name", "new", "--network", "none", "busybox", "true"]);
  assert.match(await cala.ok(["ps"]), /^CONTAINER ID\s+IMAGE\s+COMMAND\s+CREATED\s+STATUS\s+PORTS\s+NAMES/);
  assert.is(await cala.ok(["ps", "-q"]), id.slice(0, 12));
  assert.is(await cala.ok(["ps", "-q", "--no-trunc"]), id);
  assert.is((await cala.ok(["ps", "-aq"])).split("\n").length, 2);
  assert.is(await cala.ok(["ps", "-a", "--filter", "status=created", "--format", "{{.Names}}"]), "new");
  assert.is(await cala.ok(["ps", "-f", "label=kind=test", "--format", "{{.ID}} {{.Names}}"]), `${id.slice(0, 12)} up`);
  assert.is(await cala.ok(["ps", "-f", "name=u", "--format", "{{.Names}}"]), "up");
  const documents = JSON.parse(await cala.ok(["ps", "-a", "--format", "json"])) as Array<{ Id: string; Names: string[] }>;
  assert.equal(documents.map((document) => document.Names[0]).sort(), ["new", "up"]);
  await cala.ok(["rm", "-f", "-t", "0", "up", "new"]);
});

test("inspect: an array of documents in podman's shape, templates, --type, unknown names", async () => {
  await cala.ok(["create", "--name", "seen", "--network", "none", "-e", "A=b", "-v", "vol:/v", "busybox", "true"]);
  const documents = JSON.parse(await cala.ok(["inspect", "seen"])) as Array<{ Name: string; Config: { Env: string[]; Cmd: string[] }; Mounts: Array<{ Destination: string; Type: string }>; State: { Status: string } }>;
  assert.is(documents.length, 1);
  const [document] = documents;
  assert.ok(document);
  assert.is(document.Name, "seen");
  assert.ok(document.Config.Env.includes("A=b"));
  assert.equal(document.Mounts.map((mount) => [mount.Type, mount.Destination]), [["volume", "/v"]]);
  assert.is(await cala.ok(["inspect", "-f", "{{range .Mounts}}{{.Destination}}{{end}}", "seen"]), "/v");
  assert.is(await cala.ok(["container", "inspect", "-f", "{{json .Config.Cmd}}", "seen"]), '["true"]');
  const bad = await cala.fails(["inspect", "-f", "{{.No.Such.Field}}", "seen"]);
  assert.match(bad.stderr, /No/);
  assert.is((await cala.fails(["inspect", "nobody"])).code, 125);
  await cala.ok(["rm", "seen"]);
});

test("container exists answers by its exit code; container prune removes what does not run, and says what", async () => {
  const id = await cala.ok(["create", "--name", "idle", "--network", "none", "busybox", "true"]);
  const busy = await cala.ok(["run", "-d", "--name", "busy", "--network", "none", "busybox", "sleep", "100"]);
  assert.is((await cala.run(["container", "exists", "idle"])).code, 0);
  const unknown = await cala.run(["container", "exists", "nobody"]);
  assert.equal([unknown.code, unknown.stdout, unknown.stderr], [1, "", ""]);
  assert.is(await cala.ok(["container", "prune", "--force"]), id);
  assert.is(await cala.ok(["ps", "-aq", "--no-trunc"]), busy);
  await cala.ok(["rm", "-f", "-t", "0", "busy"]);
});

test("debug plan lists what will be done", async () => {
  await cala.ok(["create", "--name", "planned", "--network", "none", "busybox", "echo", "x"]);
  assert.match(await cala.ok(["debug", "plan", "planned"]), /pivot-root[^]*exec arguments=\["echo","x"\]/);
  await cala.ok(["rm", "planned"]);
});

test("an id is abbreviable while it is unambiguous", async () => {
  const id = await cala.ok(["create", "--network", "none", "busybox", "true"]);
  assert.is(await cala.ok(["inspect", "-f", "{{.Id}}", id.slice(0, 8)]), id);
  await cala.ok(["rm", id.slice(0, 12)]);
});

test("errors go to standard error, with nothing on standard output", async () => {
  const run = await cala.fails(["ps", "--no-such-option"]);
  assert.is(run.stdout, "");
  assert.is(run.code, 125);
});

test.run();
