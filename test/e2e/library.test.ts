import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type * as library from "../../core/index.ts";
import { distDir } from "./harness/places.ts";
import { run } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala: program } = await prepareSuite(test, "library");
const { openCala } = await import(pathToFileURL(join(distDir, "index.js")).href) as typeof library;
const cala = openCala({ root: program.root, env: { ...process.env, ...program.env } });
const quiet = { network: { modes: ["none"] }, image: "busybox" };

async function linesOf(container: library.Container, options: library.OutputOptions): Promise<string[]> {
  const lines: string[] = [];
  for await (const { stream, text } of container.output(options)) lines.push(`${stream} ${text}`);
  return lines;
}

test("a container is run, read to its end, waited for and removed", async () => {
  const container = await cala.run({ ...quiet, command: ["sh", "-c", "echo out; echo err >&2; echo more; exit 3"] });
  assert.match(container.id, /^[0-9a-f]{64}$/);
  const lines = await linesOf(container, { follow: true });
  assert.equal(lines.filter((line) => line.startsWith("stdout")), ["stdout out", "stdout more"]);
  assert.equal(lines.filter((line) => line.startsWith("stderr")), ["stderr err"]);
  assert.is(await container.wait(), 3);
  assert.is(container.status, "exited");
  await container.remove();
  assert.throws(() => cala.container(container.id), /no container/i);
});

test("the command line sees it, and it sees what the command line made", async () => {
  const container = await cala.create({ ...quiet, name: "from-library", command: ["sleep", "100"] });
  assert.match(await program.ok(["ps", "-a", "--format", "{{.Names}} {{.State}}"]), /^from-library Created$/m);
  await program.ok(["start", "from-library"]);
  assert.is(container.status, "running");
  assert.ok(cala.containers().some(({ name }) => name === "from-library"));
  assert.is(cala.container("from-library").id, container.id);
  assert.is((container.inspect()["State"] as { readonly Status: string }).Status, "running");
  await container.stop({ timeoutSeconds: 0 });
  assert.is(await container.wait(), 137);
  await container.remove();
});

test("exec gives exit code and both streams, takes input, environment, user and directory", async () => {
  const container = await cala.run({ ...quiet, command: ["sleep", "100"] });
  const done = await container.exec(["sh", "-c", "cat; echo $A $(id -u) $PWD; echo bad >&2; exit 4"], { input: "in\n", env: { A: "b" }, user: "12", workdir: "/tmp" });
  assert.equal([done.exitCode, done.stdout.toString(), done.stderr.toString()], [4, "in\nb 12 /tmp\n", "bad\n"]);
  assert.is((await container.exec(["no-such-program"])).exitCode, 127);
  await container[Symbol.asyncDispose]();
  await container[Symbol.asyncDispose](); // a second time harms nothing
});

test("what cannot start says why and leaves nothing behind", async () => {
  const before = cala.containers().length;
  try {
    await cala.run({ ...quiet, command: ["no-such-program"] });
    assert.unreachable();
  } catch (error) {
    const { code, exitCode, message } = error as library.CalaError;
    assert.equal([typeof code, exitCode], ["string", 127]);
    assert.match(message, /no-such-program/);
  }
  assert.is(cala.containers().length, before);
});

test("aborting kills and removes, waiting and reading end with the reason", async () => {
  const abort = new AbortController();
  const container = await cala.run({ ...quiet, command: ["sh", "-c", "echo ready; exec sleep 100"], signal: abort.signal });
  const reading = linesOf(container, { follow: true, signal: abort.signal }).catch((error: unknown) => error);
  const waiting = container.wait({ signal: abort.signal }).catch((error: unknown) => error);
  abort.abort();
  assert.is((await waiting as Error).name, "AbortError");
  assert.is((await reading as Error).name, "AbortError");
  await waitFor("the container to go", () => !cala.containers().some(({ id }) => id === container.id));
});

test("a program of its own: ten lines, typed, with await using; it leaves no process", async () => {
  const file = join(program.root, "program.mjs");
  writeFileSync(file, `
    import { openCala } from ${JSON.stringify(pathToFileURL(join(distDir, "index.js")).href)};
    const cala = openCala();
    const container = await cala.run({ image: "busybox", command: ["echo", "hello"], network: ${JSON.stringify(quiet.network)} });
    for await (const { text } of container.output({ follow: true })) console.log(text);
    console.log(await container.wait());
    await container[Symbol.asyncDispose]();
  `);
  const done = await run(process.execPath, [file], { env: program.env });
  assert.equal([done.code, done.stdout], [0, "hello\n0\n"], done.stderr);
});

test("a program that is killed leaves its container running for the next one", async () => {
  const file = join(program.root, "killed.mjs");
  writeFileSync(file, `
    import { openCala } from ${JSON.stringify(pathToFileURL(join(distDir, "index.js")).href)};
    await openCala().run({ image: "busybox", name: "survivor", command: ["sleep", "100"], network: ${JSON.stringify(quiet.network)} });
    console.log("up");
    setInterval(() => {}, 1000);
  `);
  const child = spawn(process.execPath, [file], { env: program.env, stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "close");
  assert.is(cala.container("survivor").status, "running");
  await cala.container("survivor").remove({ force: true, timeoutSeconds: 0 });
});

test.run();
