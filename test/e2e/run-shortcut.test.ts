/** A run whose words, files and host are known runs without Node. Nobody may be able to tell. */
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CallOptions } from "./harness/cala.ts";
import type { Finished } from "./harness/spawn.ts";
import { prepareSuite, type Payload } from "./harness/suite.ts";
import { tarBytes } from "./harness/tar.ts";

const { cala } = await prepareSuite(test, "run-shortcut");

/** Node is not there to be run. */
const native = { CALA_NODE: "/bin/false" };
const throughNode = { CALA_NO_SHORTCUT: "1" };
const containersDir = join(cala.root, "data/containers");
const templatesDir = join(cala.root, "cache/launch");

await cala.ok(["pull", "-q", "busybox"]);

/** Long enough ago for files to be believed. */
function settle(path: string): void {
  const past = new Date(Date.now() - 60_000);
  utimesSync(path, past, past);
}

/** Runs words until a template of theirs stands; what was written just before is not believed at once. */
async function learn(words: readonly string[], options: CallOptions = {}): Promise<void> {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    await cala.ok(words, options);
    const direct = await cala.run(words, { ...options, env: { ...options.env, ...native } });
    if (direct.code === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  throw new Error(`no template is kept for cala ${words.join(" ")}`);
}

async function isKnown(words: readonly string[], options: CallOptions = {}): Promise<boolean> {
  return (await cala.run(words, { ...options, env: { ...options.env, ...native } })).code === 0;
}

function entriesBelow(dir: string, prefix = ""): string[] {
  return readdirSync(join(dir, prefix)).sort().flatMap((name) => {
    const path = join(prefix, name);
    return lstatSync(join(dir, path)).isDirectory() && !["upper", "work"].includes(path) ? [path, ...entriesBelow(dir, path)] : [path];
  });
}

/** A container's directory, but for what differs from one to the next; plans hold the length of its name, and are compared by what they say. */
function content(id: string): Record<string, string> {
  const dir = join(containersDir, id);
  const { name, createdAt } = JSON.parse(readFileSync(join(dir, "record.json"), "utf8")) as { readonly name: string; readonly createdAt: string };
  const isLasting = (path: string): boolean => !/^(state|log|attach)$/.test(path);
  const text = (path: string): string => readFileSync(join(dir, path), "latin1").replaceAll(id, "ID").replaceAll(id.slice(0, 12), "SHORT").replaceAll(createdAt, "TIME").replaceAll(name, "NAME");
  return Object.fromEntries(entriesBelow(dir).filter(isLasting).map((path) => {
    const status = lstatSync(join(dir, path));
    const isPlan = path === "plan" || path === "exec-plan";
    return [path, `${status.mode.toString(8)} ${status.uid} ${status.isFile() && !isPlan ? text(path) : ""}`];
  }));
}

/** Two sides of one thing: made by the native program, and by Node. */
async function bothWays<T>(words: readonly string[], see: (output: string) => Promise<T> | T, options: CallOptions = {}): Promise<readonly [T, T]> {
  const direct = await see(await cala.ok(words, { ...options, env: { ...options.env, ...native } }));
  return [direct, await see(await cala.ok(words, { ...options, env: { ...options.env, ...throughNode } }))];
}

function lasting(text: string): unknown {
  const { pid: _, ppid: __, pgid: ___, sid: ____, status, fds, namespaces: _____, hostname, env, mounts, ...rest } = JSON.parse(text) as Payload;
  const credentials = Object.entries(status).filter(([key]) => /^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|Sig[BIC]|Shd|Umask|CoreDumping|Name)/.test(key));
  const own = (line: string): string => line.replace(/[0-9a-f]{64}/g, "ID").replace(/fd\/\d+/g, "fd/N").replaceAll(hostname, "HOST").replace(/\b\d+:\d+\b/g, "N");
  return { ...rest, status: Object.fromEntries(credentials), fds: Object.fromEntries(Object.entries(fds).map(([fd, target]) => [fd, target.replace(/\d+/g, "N")])), env: env.map(own), mounts: mounts.map((line) => own(line).replace(/^\d+ \d+ /, "")) };
}

const bindSource = join(cala.home, "bound");
mkdirSync(bindSource);
writeFileSync(join(cala.home, "variables"), "FROM_FILE=1\n");
settle(join(cala.home, "variables"));

const sets: ReadonlyArray<readonly string[]> = [
  ["--network", "none"],
  [],
  ["--network", "host", "-u", "1000:50", "-w", "/tmp", "-e", "A=b c", "-e", "HOME", "--env-file", "variables", "--group-add", "2000", "--cap-add", "NET_RAW", "--cap-drop", "CHOWN", "--ulimit", "nofile=100:200", "--umask", "0077"],
  ["--network", "none", "-v", `${bindSource}:/bound`, "-v", "./bound:/again:ro", "--tmpfs", "/scratch", "--read-only", "--init", "-l", "a=b", "--hostname", "chosen"],
  ["--network", "none", "--secret", "hidden", "--secret", "hidden,type=env,target=HIDDEN", "--secret", "hidden,target=/etc/placed,uid=7,mode=0400"],
  ["--network", "none", "--privileged", "--security-opt", "seccomp=unconfined", "--ipc", "host", "--uts", "host", "--stop-timeout", "3", "--restart", "on-failure:2"],
];

const secretText = "bytes-of-no-template";
const putSecret = async (text: string): Promise<string> => await cala.ok(["secret", "create", "--replace", "hidden", "-"], { input: text });
await putSecret(secretText);

for (const options of sets) {
  test(`run -d ${options.join(" ")} leaves the same files and the same words of inspect`, async () => {
    await learn(["run", "-d", ...options, "busybox", "sleep", "1000"]);
    const [direct, asked] = await bothWays(["run", "-d", ...options, "busybox", "sh", "-c", "sleep 999; :", "odd \"word\"\\\n\t\u0001 ü"], async (id) => {
      const [found] = JSON.parse(await cala.ok(["inspect", id])) as [Record<string, unknown> & { readonly Name: string; readonly State: Record<string, unknown> }];
      const text = JSON.stringify({ ...found, Created: "", Name: found.Name.length > 0, State: { ...found.State, Pid: 0, ConmonPid: 0, StartedAt: "" } });
      const plain = (said: string): string => said.replaceAll(id, "ID").replaceAll(id.slice(0, 12), "SHORT").replaceAll(found.Name, "NAME");
      const pidText = String(found.State["Pid"]);
      const [plan, exec] = [plain(await cala.ok(["debug", "plan", id])), lasting(await cala.ok(["exec", id, "payload"], { env: native }))];
      return { plan, exec, inspect: text.replaceAll(id, "ID").replaceAll(id.slice(0, 12), "SHORT").replaceAll(`/${pidText}/`, "/PID/").replaceAll(found.Name, "NAME"), files: content(id) };
    });
    assert.equal(direct.files, asked.files);
    assert.equal(direct.plan, asked.plan);
    assert.equal(direct.exec, asked.exec);
    assert.equal(JSON.parse(direct.inspect), JSON.parse(asked.inspect));
    await cala.ok(["rm", "-f", "-a", "-t", "0"]);
  });

  test(`run --rm ${options.filter((word) => !word.startsWith("on-failure") && word !== "--restart").join(" ")} shows a process the same`, async () => {
    const kept = options.filter((word) => !word.startsWith("on-failure") && word !== "--restart");
    for (const switches of [["--rm"], ["--rm", "-i"]]) {
      await learn(["run", ...switches, ...kept, "busybox", "payload"], { input: "typed" });
      const [direct, asked] = await bothWays(["run", ...switches, ...kept, "busybox", "payload", "", "--more=words"], lasting, { input: "typed" });
      assert.equal(direct, asked);
    }
    assert.equal(readdirSync(containersDir), []);
    assert.equal(readdirSync(join(cala.root, "data/names")), []);
  });
}

test("on a terminal", async () => {
  const words = ["run", "--rm", "-it", "--network", "none", "busybox", "payload"];
  const onTerminal = async (env: Record<string, string>): Promise<Payload | undefined> => {
    const pty = await cala.pty(words, { env: { ...cala.env, ...env }, rows: 31, columns: 97 });
    return (await pty.ended) === 0 ? JSON.parse(pty.output()) as Payload : undefined;
  };
  let direct: Payload | undefined;
  for (let attempt = 0; attempt < 10 && direct === undefined; attempt += 1) {
    await onTerminal({});
    direct = await onTerminal(native);
  }
  const asked = await onTerminal(throughNode);
  assert.equal(lasting(JSON.stringify(direct)), lasting(JSON.stringify(asked)));
  assert.equal([direct?.rows, direct?.columns, direct?.isTerminal], [31, 97, [true, true, true]]);
});

const ends: ReadonlyArray<readonly [words: readonly string[], code: number]> = [
  [["sh", "-c", "cat; echo err >&2; exit 3"], 3],
  [["/etc/passwd"], 126],
  [["no-such-command"], 127],
  [["no \"quotes\"\\ and\nlines ü"], 127],
];

for (const [words, code] of ends) {
  test(`run ${JSON.stringify(words)} ends with ${code} and the same words either way`, async () => {
    for (const switches of [["-i"], ["-d"]]) {
      const call = async (env: Record<string, string>): Promise<Pick<Finished, "code" | "stdout" | "stderr">> => {
        const done = await cala.run(["run", "--rm", ...switches, "--network", "none", "busybox", ...words], { env, input: "typed\n" });
        const plain = (text: string): string => text.replace(/[0-9a-f]{64}/g, "ID").replace(/container "\w+"/g, 'container "NAME"');
        return { code: done.code, stdout: plain(done.stdout), stderr: plain(done.stderr) };
      };
      await call({});
      const direct = await call({});
      assert.equal(direct, await call(throughNode), switches.join(" "));
      if (switches[0] === "-i") assert.is(direct.code, code);
    }
  });
}

test("one template serves all commands and all names", async () => {
  const called = (name: string, ...command: readonly string[]): string[] => ["run", "-d", "--name", name, "--network", "none", "busybox", ...command];
  rmSync(templatesDir, { recursive: true, force: true });
  await learnNamed((name) => called(name, "sleep", "1000"));
  const seen: unknown[] = [];
  for (const env of [native, throughNode]) {
    const id = await cala.ok(called("chosen-later", "sleep", "1001"), { env });
    assert.is(readlinkSync(join(cala.root, "data/names/chosen-later")), id);
    assert.is(await cala.ok(["exec", "chosen-later", "sh", "-c", "grep -c chosen-later /run/.containerenv /etc/hosts"]), "/run/.containerenv:1\n/etc/hosts:1");
    const events = (await cala.ok(["events", "--stream=false", "--filter", "container=chosen-later", "--format", "{{.Status}} {{.Name}}"])).split("\n").slice(-3);
    seen.push([content(id), await cala.ok(["inspect", "--format", "{{json .Args}} {{json .Config.CreateCommand}}", id]), events]);
    await cala.ok(["rm", "-f", "-t", "0", "chosen-later"]);
  }
  assert.equal(seen[0], seen[1]);
  for (const name of ["-bad", "under/way", ""]) assert.is((await cala.fails(called(name, "true"))).code, 125, name);
});

/** As learn, each time with another name. */
async function learnNamed(words: (name: string) => readonly string[]): Promise<void> {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    await cala.ok(words(`learnt-${attempt}`));
    if ((await cala.run(words(`tried-${attempt}`), { env: native })).code === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  await cala.ok(["rm", "-f", "-a", "-t", "0"]);
}

test("the words of an entrypoint stay, and those behind it are open", async () => {
  const words = (...rest: readonly string[]): string[] => ["run", "--rm", "--network", "none", "--entrypoint", "[\"echo\",\"true\"]", "busybox", ...rest];
  await learn(words("true"));
  assert.is(await cala.ok(words("true", "false"), { env: native }), "true true false");
  assert.is(await isKnown(words()), false);
});

test("a first process that gets more than others is Node's", async () => {
  await learn(["run", "--rm", "--network", "none", "busybox", "true"]);
  for (const program of ["init", "/sbin/init"]) assert.is(await isKnown(["run", "--rm", "--network", "none", "busybox", program]), false);
});

test("a name of the user's stays one container's", async () => {
  const words = ["run", "-d", "--name", "chosen", "--network", "none", "busybox", "sleep", "1000"];
  await cala.ok(words);
  await cala.ok(["rm", "-f", "-t", "0", "chosen"]);
  const id = await cala.ok(words, { env: native });
  assert.is(readlinkSync(join(cala.root, "data/names/chosen")), id);
  const [direct, asked] = [await cala.fails(words), await cala.fails(words, { env: throughNode })];
  assert.equal([direct.code, direct.stderr], [asked.code, asked.stderr]);
  assert.equal(readdirSync(containersDir), [id]);
  await cala.ok(["rm", "-f", "-t", "0", "chosen"]);
});

test("many at once have names and ids of their own", async () => {
  const words = ["run", "--rm", "--network", "none", "busybox", "hostname"];
  await learn(words);
  const names = await Promise.all(Array.from({ length: 12 }, async () => await cala.ok(words, { env: native })));
  assert.is(new Set(names).size, 12);
});

/** What decides over a run and can be changed by an ordinary user; each is put back by the next step of its own. */
interface Change {
  readonly what: string;
  readonly words?: readonly string[];
  readonly options?: CallOptions;
  readonly change: () => Promise<unknown> | unknown;
  readonly restore: () => Promise<unknown> | unknown;
  /** Call options after the change, where it is one of them. */
  readonly changed?: CallOptions;
}

const archive = join(cala.home, "other.tar");
writeFileSync(archive, tarBytes([{ name: "file", content: "no programs here" }]));
const plain = ["run", "--rm", "--network", "none", "busybox", "true"];
const nothing = (): void => undefined;
const moved = (path: string): Pick<Change, "change" | "restore"> => ({ change: () => renameSync(path, `${path}.away`), restore: () => renameSync(`${path}.away`, path) });
const layers = join(cala.root, "data/layers");

const changes: readonly Change[] = [
  { what: "the image's name means another image", change: async () => await cala.ok(["import", archive, "busybox"]), restore: async () => { await cala.run(["rmi", "-f", "busybox"]); await cala.ok(["pull", "-q", "busybox"]); } },
  { what: "a layer is gone", change: () => renameSync(join(layers, readdirSync(layers)[0] ?? ""), join(cala.home, "layer")), restore: nothing },
  { what: "registries.conf has changed", change: () => writeFileSync(join(cala.root, "registries.conf"), `${readFileSync(join(cala.root, "registries.conf"), "utf8")}# more\n`), restore: nothing },
  { what: "the storage driver must be chosen anew", change: () => rmSync(join(cala.root, "cache/storage-driver.json")), restore: nothing },
  { what: "the filter of system calls must be compiled anew", change: () => rmSync(join(cala.root, "cache/seccomp"), { recursive: true }), restore: nothing },
  { what: "the store has another format", change: () => writeFileSync(join(cala.root, "data/format"), "1.0.0 "), restore: () => writeFileSync(join(cala.root, "data/format"), "1.0.0\n") },
  { what: "a variable of cala's is set", change: nothing, restore: nothing, changed: { env: { CALA_STORAGE_DRIVER: "vfs" } } },
  { what: "PATH leads elsewhere", change: nothing, restore: nothing, changed: { env: { PATH: `/nowhere:${cala.env["PATH"] ?? ""}` } } },
  { what: "a variable that is passed on has another value", words: ["run", "--rm", "-e", "PASSED", "--network", "none", "busybox", "true"], options: { env: { PASSED: "1" } }, change: nothing, restore: nothing, changed: { env: { PASSED: "2" } } },
  { what: "a variable that is passed on is gone", words: ["run", "--rm", "-e", "PASSED", "--network", "none", "busybox", "true"], options: { env: { PASSED: "1" } }, change: nothing, restore: nothing, changed: {} },
  { what: "the file of variables has changed", words: ["run", "--rm", "--env-file", "variables", "--network", "none", "busybox", "true"], change: () => writeFileSync(join(cala.home, "variables"), "FROM_FILE=2\n"), restore: nothing },
  { what: "a relative path means another place", words: ["run", "--rm", "-v", "./bound:/bound", "--network", "none", "busybox", "true"], change: () => mkdirSync(join(cala.home, "other/bound"), { recursive: true }), restore: nothing, changed: { cwd: join(cala.home, "other") } },
  { what: "a bound directory is gone", words: ["run", "--rm", "-v", `${bindSource}:/bound`, "--network", "none", "busybox", "true"], ...moved(bindSource) },
  { what: "a bound directory is a link to another", words: ["run", "--rm", "-v", `${bindSource}:/bound`, "--network", "none", "busybox", "true"], change: () => { renameSync(bindSource, `${bindSource}.away`); symlinkSync("/tmp", bindSource); }, restore: () => { rmSync(bindSource); renameSync(`${bindSource}.away`, bindSource); } },
  { what: "a secret is another one", words: ["run", "--rm", "--secret", "hidden", "--secret", "hidden,type=env", "--network", "none", "busybox", "sh", "-c", "cat /run/secrets/hidden; echo $hidden"], change: async () => await putSecret("turned"), restore: async () => await putSecret(secretText) },
  { what: "a secret is gone", words: ["run", "--rm", "--secret", "hidden,type=env", "--network", "none", "busybox", "true"], change: async () => await cala.ok(["secret", "rm", "hidden"]), restore: async () => await putSecret(secretText) },
  { what: "a volume is gone", words: ["run", "--rm", "-v", "kept:/kept", "--network", "none", "busybox", "true"], change: async () => await cala.ok(["volume", "rm", "kept"]), restore: nothing },
  { what: "the template is damaged", change: () => { for (const name of readdirSync(templatesDir)) writeFileSync(join(templatesDir, name), readFileSync(join(templatesDir, name)).subarray(0, -4)); }, restore: nothing },
  { what: "the name of the container's file tree may not be entered", change: () => chmodSync(containersDir, 0o500), restore: () => chmodSync(containersDir, 0o700) },
];

for (const { what, words = plain, options = {}, change, restore, changed = options } of changes) {
  test(`Node is asked when ${what}`, async () => {
    await learn(words, options);
    await change();
    const wasKnown = await isKnown(words, changed);
    const [direct, asked] = [await cala.run(words, changed), await cala.run(words, { ...changed, env: { ...changed.env, ...throughNode } })];
    await restore();
    assert.is(wasKnown, false);
    assert.equal([direct.code, direct.stdout], [asked.code, asked.stdout]);
  });
}

test("no template has a byte of a secret, and each container gets its own copy", async () => {
  const words = ["run", "-d", "--secret", "hidden", "--network", "none", "busybox", "sleep", "1000"];
  await learn(words);
  for (const name of readdirSync(templatesDir)) assert.not.ok(readFileSync(join(templatesDir, name)).includes(secretText), name);
  const id = await cala.ok(words, { env: native });
  const copy = join(containersDir, id, "secrets/0");
  assert.equal([readFileSync(copy, "utf8"), lstatSync(copy).mode & 0o777, lstatSync(join(containersDir, id, "secrets")).mode & 0o777], [secretText, 0o600, 0o700]);
  await cala.ok(["rm", "-f", "-a", "-t", "0"]);
});

test("what only root can change is watched, too", async () => {
  const words = ["run", "--rm", "busybox", "true"];
  rmSync(templatesDir, { recursive: true, force: true });
  await learn(words);
  const [name = ""] = readdirSync(templatesDir);
  const template = readFileSync(join(templatesDir, name), "latin1");
  for (const path of ["/etc/subuid", "/etc/subgid", "/etc/resolv.conf", "/etc/hosts", "/etc/passwd", "/proc/net/route", "newuidmap", "/sys/fs/cgroup"]) assert.ok(template.includes(path), path);
});

test("what is done elsewhere, or said, is done and said each time", async () => {
  const cidfile = join(cala.home, "cid");
  for (let round = 0; round < 2; round += 1) {
    await cala.ok(["run", "--rm", "--cidfile", cidfile, "--network", "none", "busybox", "true"]);
    assert.match(readFileSync(cidfile, "utf8"), /^[0-9a-f]{64}$/);
    rmSync(cidfile);
    const id = await cala.ok(["run", "-d", "-v", "/anonymous", "--network", "none", "busybox", "sleep", "1000"]);
    assert.is(JSON.parse(await cala.ok(["inspect", "--format", "{{json .Mounts}}", id])).length, 1);
    await cala.ok(["rm", "-f", "-v", "-t", "0", id]);
  }
  assert.is(await cala.ok(["volume", "ls", "-q", "--filter", "dangling=true"]).then((text) => text.split("\n").filter((name) => /^[0-9a-f]{64}$/.test(name)).length), 0);
});

test("a start that asks for more than its plan is Node's", async () => {
  for (const words of [["run", "--rm", "--log-driver", "passthrough", "--network", "none", "busybox", "echo", "through"], ["run", "--rm", "--lease", `pid:${process.pid}`, "--network", "none", "busybox", "true"]]) {
    for (let round = 0; round < 3; round += 1) assert.is(await cala.ok(words), words.includes("through") ? "through" : "");
    assert.is(await isKnown(words), false, words.join(" "));
  }
});

test("events are noted either way", async () => {
  const words = ["run", "--rm", "--network", "none", "--label", "seen=yes", "busybox", "true"];
  const eventsFile = join(cala.root, "state/events");
  await learn(words);
  const seen = async (env: Record<string, string>): Promise<unknown[]> => {
    const before = existsSync(eventsFile) ? readFileSync(eventsFile, "utf8").length : 0;
    await cala.ok(words, { env });
    const lines = readFileSync(eventsFile, "utf8").slice(before).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.ok(lines.every((line) => /^[0-9a-f]{64}$/.test(String(line["ID"])) && /^\w+_\w+$/.test(String(line["Name"])) && Date.parse(String(line["Time"])) > Date.now() - 60_000));
    return lines.map(({ Time: _, ID: __, Name: ___, ...rest }) => rest);
  };
  const direct = await seen(native);
  assert.ok(direct.length > 0);
  assert.equal(direct, await seen(throughNode));
});

test("few templates are kept", async () => {
  for (let index = 0; index < 70; index += 1) {
    const path = join(templatesDir, `old-${index}`);
    writeFileSync(path, "");
    settle(path);
  }
  await learn(["run", "--rm", "--network", "none", "busybox", "echo", "one more"]);
  assert.ok(readdirSync(templatesDir).length <= 64);
});

test.run();
