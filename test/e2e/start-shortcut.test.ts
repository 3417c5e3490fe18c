/** The first start of a container that `create` prepared needs no Node. Nobody may be able to tell. */
import { existsSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "start-shortcut");

/** Node is not there to be run. */
const native = { CALA_NODE: "/bin/false" };
const throughNode = { CALA_NO_SHORTCUT: "1" };
const none = ["--network", "none"];
const containers = join(cala.root, "data/containers");
const template = (id: string): string => join(containers, id, "start-template");

await cala.ok(["pull", "-q", "busybox"]);
const bound = join(cala.home, "bound");
mkdirSync(bound);
const past = new Date(Date.now() - 60_000);
utimesSync(cala.home, past, past);

/** Makes a container with a template. What was written just before is not believed at once, and the first look at a network's tools starts them. */
async function created(...words: readonly string[]): Promise<string> {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    const id = await cala.ok(["create", ...words]);
    if (existsSync(template(id))) return id;
    await cala.ok(["rm", id]);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  throw new Error(`no template is left by cala create ${words.join(" ")}`);
}

const startsNatively = async (name: string): Promise<boolean> => (await cala.run(["start", name], { env: native })).code === 0;
test.after.each(async () => void await cala.ok(["rm", "-f", "-a", "-v", "-t", "0"]));

/** What is seen of a container after its start. */
async function seen(id: string): Promise<Record<string, unknown>> {
  const [found] = JSON.parse(await cala.ok(["inspect", id])) as [Record<string, unknown> & { readonly Name: string; readonly State: Record<string, unknown> }];
  const plain = (text: string): string => text.replaceAll(id, "ID").replaceAll(id.slice(0, 12), "SHORT").replaceAll(found.Name, "NAME").replaceAll(`/${String(found.State["Pid"])}/`, "/PID/");
  const events = await cala.ok(["events", "--stream=false", "--filter", `container=${id}`, "--format", "{{.Status}}", "--filter", "event=create", "--filter", "event=start"]);
  // What the first probe leaves is there or not yet.
  const files = readdirSync(join(containers, id)).filter((file) => !/^(health-log|state)/.test(file)).sort();
  const config = plain(readFileSync(join(containers, id, "config.json"), "utf8"));
  return { inspect: JSON.parse(plain(JSON.stringify({ ...found, Created: "", State: { ...found.State, Pid: 0, ConmonPid: 0, StartedAt: "", Health: 0, Healthcheck: 0 }, Config: { ...found["Config"] as object, CreateCommand: [] } }))), plan: plain(await cala.ok(["debug", "plan", id])), events, files, config };
}

const sets: ReadonlyArray<readonly string[]> = [
  [],
  ["--network", "host", "-u", "1000:50", "-w", "/tmp", "-e", "A=b c", "--cap-add", "NET_RAW", "--ulimit", "nofile=100:200"],
  [...none, "-t", "-v", `${bound}:/bound`, "-v", "kept:/kept", "--tmpfs", "/scratch", "--read-only", "--init", "--health-cmd", "true", "--restart", "on-failure:2", "--pid", "host"],
];

for (const options of sets) {
  test(`create ${options.join(" ")}: the start without Node leaves what a start by Node leaves`, async () => {
    const views: Record<string, unknown>[] = [];
    for (const [name, env] of [["first", native], ["second", throughNode]] as const) {
      const id = await created("--name", name, ...options, "busybox", "sleep", "1000");
      assert.is(await cala.ok([...(name === "first" ? [] : ["container"]), "start", name], { env }), name);
      assert.is(await cala.ok(["exec", name, "echo", "here"], { env: native }), "here");
      views.push(await seen(id));
    }
    assert.equal(views[0], views[1]);
  });
}

test("by its id, with --rm, and what it says is in its log; a second start finds it as Node does", async () => {
  const id = await created("--rm", ...none, "busybox", "sh", "-c", "echo said; sleep 1000");
  assert.is(await cala.ok(["container", "start", id], { env: native }), id);
  assert.is(await cala.ok(["start", id]), id);
  assert.not.ok(existsSync(template(id)));
  await waitFor("its word", async () => (await cala.ok(["logs", id])) === "said");
  await cala.ok(["stop", "-t", "0", id]);
  assert.equal(readdirSync(containers), []);
});

for (const [command, code] of [["/etc/passwd", 126], ["no-such-command", 127]] as const) {
  test(`a program that cannot run (${command}) ends with ${code} and the same words either way`, async () => {
    const ends = [];
    for (const env of [{}, throughNode]) {
      await created("--name", "unfit", ...none, "busybox", command);
      const { code: ended, stdout, stderr } = await cala.run(["start", "unfit"], { env });
      const status = await cala.ok(["ps", "-a", "--format", "{{.Status}}"]);
      ends.push({ ended, stdout, stderr, status });
      await cala.ok(["rm", "unfit"]);
      }
    assert.equal(ends[0], ends[1]);
    assert.is(ends[0]?.ended, code);
  });
}

const changes: ReadonlyArray<readonly [what: string, change: (id: string) => Promise<unknown> | unknown, env?: Record<string, string>]> = [
  ["was renamed", () => cala.ok(["rename", "one", "other"])],
  ["was updated", () => cala.ok(["update", "--restart", "always", "one"])],
  ["was snapshot", () => cala.ok(["container", "snapshot", "one"])],
  ["was started before", async () => { await cala.ok(["start", "one"]); await cala.ok(["stop", "-t", "0", "one"]); }],
  ["has a damaged template", (id) => writeFileSync(template(id), "CALATMPL")],
  ["has lost a directory that it binds", async () => { await cala.ok(["run", "--rm", ...none, "-v", `${cala.home}:/home`, "busybox", "rm", "-r", "/home/bound"]); }],
  ["is started under another environment", () => undefined, { CALA_STORAGE_DRIVER: "overlay" }],
  ["is started with sockets of a service manager", () => undefined, { LISTEN_FDS: "1" }],
];

for (const [what, change, env] of changes) {
  test(`a container that ${what} is started by Node`, async () => {
    mkdirSync(bound, { recursive: true });
    utimesSync(cala.home, past, past);
    const id = await created("--name", "one", ...none, "-v", `${bound}:/bound`, "busybox", "sleep", "1000");
    await change(id);
    assert.is((await cala.run(["start", what === "was renamed" ? "other" : "one"], { env: { ...native, ...env } })).code, 1);
  });
}

test("what is decided by the moment of the start is not prepared", async () => {
  await cala.ok(["network", "create", "own"]);
  await created(...none, "busybox", "true");
  const unprepared: ReadonlyArray<readonly string[]> = [["-p", "0:80"], ["-P"], ["--network", "own"], [...none, "-m", "100m"], [...none, "--cgroups", "enabled"], ["--egress", "DENY"], [...none, "--lease", `pid:${process.pid}`], [...none, "--log-driver", "passthrough"]];
  for (const options of unprepared) {
    const { stdout, code, stderr } = await cala.run(["create", ...options, "busybox", "sleep", "1000"]);
    assert.is(code, 0, stderr);
    assert.not.ok(existsSync(template(stdout.trim())), options.join(" "));
  }
  await cala.ok(["network", "rm", "-f", "own"]);
});

test("options, several names and unknown ones are Node's", async () => {
  await created("--name", "one", ...none, "busybox", "sleep", "1000");
  await created("--name", "two", ...none, "busybox", "sleep", "1000");
  for (const words of [["-a", "one"], ["one", "two"], ["--all"], ["three"], []]) assert.is((await cala.run(["start", ...words], { env: native })).code, 1, words.join(" "));
  assert.is(await startsNatively("two"), true);
});

test("many at once, each by a process of its own, and each only once", async () => {
  const names = Array.from({ length: 10 }, (_, index) => `many-${index}`);
  for (const name of names) await created("--name", name, ...none, "busybox", "sleep", "1000");
  const started = await Promise.all([...names, ...names].map(async (name) => await cala.run(["start", name])));
  assert.equal(started.map(({ code, stdout }) => [code, stdout.trim()]), [...names, ...names].map((name) => [0, name]));
  assert.is((await cala.ok(["ps", "-q"])).split("\n").length, names.length);
  const starts = (await cala.ok(["events", "--stream=false", "--filter", "event=start", "--filter", "container=many-7", "--format", "{{.Name}}"])).split("\n");
  assert.equal(starts, ["many-7"]);
});

test.run();
