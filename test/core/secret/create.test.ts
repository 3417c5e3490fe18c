import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Dirs } from "../../../core/dirs/dirs.ts";
import { createSecret } from "../../../core/secret/create.ts";
import { findSecret, secretDataFile, secretRecordFile, type SecretRecord } from "../../../core/secret/record.ts";
import { inheritSecrets, keepSecrets, secretSources } from "../../../core/secret/use.ts";
import type { SecretRequest } from "../../../core/spec/request.ts";

const test = suite<{ dirs: Dirs }>("secret create");
test.before.each((context) => {
  const root = mkdtempSync(join(tmpdir(), "cala-secret-"));
  context.dirs = { config: root, data: join(root, "data"), state: root, cache: root, runtime: root };
});
test.after.each(({ dirs }) => rmSync(dirs.config, { recursive: true, force: true }));

const bytes = 300_000;
const create = (dirs: Dirs, name: string, text: string, replace = false): SecretRecord => createSecret(dirs, { name, data: Buffer.from(text), driver: "file", options: {}, labels: {}, replace, ignore: false });

test("while a secret is replaced, who reads it finds the old one or the new one, whole", async ({ dirs }) => {
  const first = create(dirs, "turned", "0".repeat(bytes));
  const shared = new Int32Array(new SharedArrayBuffer(8));
  // [0]: stop, [1]: reads so far
  const reader = new Worker(`
    const { readFileSync } = require("node:fs");
    const { workerData: { shared, data, record, bytes }, parentPort } = require("node:worker_threads");
    const bad = [];
    while (Atomics.load(shared, 0) === 0 && bad.length === 0) {
      try {
        const text = readFileSync(data, "latin1");
        if (text.length !== bytes || text !== text[0].repeat(bytes)) bad.push("torn: " + text.length);
        JSON.parse(readFileSync(record, "utf8"));
      } catch (error) { bad.push(String(error)); }
      Atomics.add(shared, 1, 1);
      Atomics.notify(shared, 1);
    }
    parentPort.postMessage(bad);`, { eval: true, workerData: { shared, bytes, data: secretDataFile(dirs, "turned"), record: secretRecordFile(dirs, "turned") } });
  const said = new Promise<string[]>((resolve, reject) => { reader.once("message", resolve); reader.once("error", reject); });
  assert.is.not(Atomics.wait(shared, 1, 0, 30_000), "timed-out");
  for (let round = 1; round <= 60; round += 1) create(dirs, "turned", String(round % 10).repeat(bytes), true);
  Atomics.store(shared, 0, 1);
  assert.equal(await said, []);
  const last = findSecret(dirs, "turned");
  assert.equal([last.id, last.createdAt], [first.id, first.createdAt]);
  assert.is(readFileSync(secretDataFile(dirs, "turned"), "latin1"), "0".repeat(bytes));
  assert.equal(readdirSync(join(dirs.data, "secrets/turned")).sort(), ["data", "record.json"]);
});

const uses: readonly SecretRequest[] = [
  { kind: "env", source: "variable", target: "VARIABLE" },
  { kind: "mount", source: "file", target: "/run/secrets/file", uid: 0, gid: 0, mode: 0o444 },
];

test("files are copied for a container, which a copy of the container gets in turn; variables are not", ({ dirs }) => {
  const kept = join(dirs.data, "kept"), inherited = join(dirs.data, "inherited");
  create(dirs, "variable", "seen");
  const { id } = create(dirs, "file", "early");
  assert.equal(keepSecrets(dirs, uses, kept), [{ id, name: "file" }]);
  create(dirs, "file", "late", true);
  assert.equal(secretSources(dirs, uses, kept).map((path) => readFileSync(path, "utf8")), ["seen", "early"]);
  assert.equal([statSync(kept).mode & 0o777, statSync(join(kept, "1")).mode & 0o777, existsSync(join(kept, "0"))], [0o700, 0o600, false]);
  assert.is(inheritSecrets(uses, kept, inherited), true);
  assert.equal(secretSources(dirs, uses, inherited).map((path) => readFileSync(path, "utf8")), ["seen", "early"]);
});

test("a container that keeps none, being of a former version, has the store's", ({ dirs }) => {
  create(dirs, "variable", "seen");
  create(dirs, "file", "present");
  const none = join(dirs.data, "none");
  assert.equal(secretSources(dirs, uses, none).map((path) => readFileSync(path, "utf8")), ["seen", "present"]);
  assert.is(inheritSecrets(uses, none, join(dirs.data, "other")), false);
});

test.run();
