/** A pull that found nothing new is answered without Node the next time, for as long as the registry says the same. Nobody may be able to tell. */
import { readFileSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CallOptions } from "./harness/cala.ts";
import { startFakeRegistry, type Answer } from "./harness/fake-registry.ts";
import { digestOf } from "./harness/oci-layout.ts";
import type { Finished } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";
import { tarBytes } from "./harness/tar.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "pull-shortcut", []);
const fake = await startFakeRegistry();
test.after(async () => await fake.stop());

/** Node is not there to be run. */
const native = { CALA_NODE: "/bin/false" };
const layer = tarBytes([{ name: "file", content: "content" }]);
const image = `${fake.address}/team/app`;
const manifestPath = "/v2/team/app/manifests/latest";
fake.serve("team/app", [layer], { Cmd: ["first"] });
const first = answerAt(manifestPath);

function answerAt(path: string): Answer {
  const found = fake.answers.get(path);
  if (found === undefined) throw new Error(`nothing is served at ${path}`);
  return found;
}

async function withoutNode(words: readonly string[], options: CallOptions = {}): Promise<Finished> {
  return await cala.run(words, { ...options, env: { ...options.env, ...native } });
}

/** Pulls until that needs no Node any more; what was written just before is not believed at once. */
async function learn(words: readonly string[], options: CallOptions = {}): Promise<Finished> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    await cala.ok(words, options);
    const direct = await withoutNode(words, options);
    if (direct.code === 0) return direct;
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  throw new Error(`no template is kept for cala ${words.join(" ")}`);
}

/** What the shortcut says and asks. It gives a registry three seconds, and this process is the registry: one that was late is asked again. */
async function answered(words: readonly string[]): Promise<{ readonly said: Finished; readonly asked: readonly string[] }> {
  for (let attempt = 1; ; attempt += 1) {
    const before = fake.requests.length;
    const said = await withoutNode(words);
    if (said.code === 0 || attempt === 10) return { said, asked: fake.requests.slice(before) };
    await waitFor("the question of the one that gave up", () => fake.requests.length > before);
  }
}

function lastEvent(): Record<string, unknown> {
  const { Time: time, ...rest } = JSON.parse(readFileSync(join(cala.root, "state/events"), "utf8").trimEnd().split("\n").at(-1) ?? "") as Record<string, string>;
  return { ...rest, ago: Math.abs(Date.now() - Date.parse(time ?? "")) < 60_000 };
}

for (const words of [["pull", "-q", image], ["pull", image], ["image", "pull", "--tls-verify=false", `docker://${image}`]]) {
  test(`cala ${words.map((word) => word.replace(fake.address, "HOST")).join(" ")} says and notes the same, and asks one question`, async () => {
    const direct = await learn(words);
    const directEvent = lastEvent();
    assert.equal(await answered(words), { said: direct, asked: [`HEAD ${manifestPath}`] });
    const asked = await cala.run(words, { env: { CALA_NO_SHORTCUT: "1" } });
    assert.equal({ ...direct, ms: 0 }, { ...asked, ms: 0 });
    assert.equal(directEvent, lastEvent());
    assert.is(directEvent["ago"], true);
  });
}

test("a registry that has another image is asked by Node, which fetches it", async () => {
  const words = ["pull", "-q", image];
  const { stdout } = await learn(words);
  fake.serve("team/app", [layer], { Cmd: ["second"] });
  assert.is((await withoutNode(words)).code, 1, "left to Node");
  const second = await cala.ok(words);
  assert.is.not(second, stdout.trim());
  assert.is((await learn(words)).stdout.trim(), second);
  fake.answers.set(manifestPath, first);
  assert.is(await cala.ok(words), stdout.trim());
});

const lies: ReadonlyArray<readonly [what: string, change: () => void]> = [
  ["the tag is gone", () => fake.answers.delete(manifestPath)],
  ["the registry is out of order", () => fake.answers.set(manifestPath, { ...first, status: 500 })],
  ["the registry names no digest", () => fake.answers.set(manifestPath, { body: first.body })],
  ["the registry wants a login", () => fake.answers.set(manifestPath, { ...first, status: 401 })],
];

for (const [what, change] of lies) {
  test(`${what}: that is Node's`, async () => {
    await learn(["pull", "-q", image]);
    change();
    assert.is((await withoutNode(["pull", "-q", image])).code, 1);
    fake.answers.set(manifestPath, first);
  });
}

test("a registry that does not answer is given up by the shortcut, and Node waits on", async () => {
  await learn(["pull", "-q", image]);
  const held = fake.hold(manifestPath);
  assert.is((await withoutNode(["pull", "-q", image], { timeoutMs: 30_000 })).code, 1);
  held.release();
});

const guards: ReadonlyArray<readonly [what: string, change: () => Promise<unknown> | void, undo: () => Promise<unknown> | void, options?: CallOptions]> = [
  ["the image is removed", async () => await cala.ok(["rmi", "-f", image]), () => undefined],
  ["the name is given to another image", async () => { await cala.ok(["import", "-q", plainTar(), "localhost/other"]); await cala.ok(["tag", "localhost/other", image]); }, () => undefined],
  ["a layer is gone", () => renameSync(layerHome(), `${layerHome()}.away`), () => renameSync(`${layerHome()}.away`, layerHome())],
  ["a document is cut short", () => writeFileSync(manifestFile(), first.body.slice(0, 50)), () => writeFileSync(manifestFile(), first.body)],
  ["registries.conf blocks the registry", () => cala.useRegistry("example.invalid"), () => cala.useRegistry(fake.address)],
  ["a login is there", () => writeFileSync(join(cala.home, "auth.json"), JSON.stringify({ auths: { [fake.address]: { auth: "YTpi" } } })), () => rmSync(join(cala.home, "auth.json")), { env: { REGISTRY_AUTH_FILE: join(cala.home, "auth.json") } }],
];

function plainTar(): string {
  const file = join(cala.home, "plain.tar");
  writeFileSync(file, layer);
  return file;
}

function layerHome(): string {
  return join(cala.root, "data/layers", digestOf(layer).replace("sha256:", ""));
}

function manifestFile(): string {
  return join(cala.root, "data/blobs/sha256", digestOf(first.body).replace("sha256:", ""));
}

for (const [what, change, undo, options] of guards) {
  test(`${what}: Node looks again`, async () => {
    await learn(["pull", "-q", image], options);
    await change();
    assert.is((await withoutNode(["pull", "-q", image], options)).code, 1);
    await undo();
    await cala.ok(["pull", "-q", image]);
  });
}

test("what a policy, a platform or several names ask for is Node's", async () => {
  for (const words of [["--policy=newer", image], ["--policy=missing", image], ["--all-tags", `${fake.address}/team/app`], [image, `${image}:latest`]]) {
    if (words[0] === "--all-tags") fake.answers.set("/v2/team/app/tags/list", { body: Buffer.from(JSON.stringify({ name: "team/app", tags: ["latest"] })), type: "application/json" });
    await cala.ok(["pull", "-q", ...words]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await cala.ok(["pull", "-q", ...words]);
    assert.is((await withoutNode(["pull", "-q", ...words])).code, 1, words.join(" "));
  }
});

test("a template that is damaged is no template", async () => {
  await learn(["pull", "-q", image]);
  const dir = join(cala.root, "cache/launch");
  for (const name of readdirSync(dir)) {
    const file = join(dir, name);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length - 8));
    utimesSync(file, 0, 0);
  }
  assert.is((await withoutNode(["pull", "-q", image])).code, 1);
  await cala.ok(["pull", "-q", image]);
});

test.run();
