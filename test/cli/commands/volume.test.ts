import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { main } from "../../../cli/main.ts";
import { memorySink } from "../../../cli/output/sink.ts";

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const test = suite<{ root: string; run: (words: readonly string[]) => Promise<Ran> }>("volume commands");
test.before.each((context) => {
  const root = mkdtempSync(join(tmpdir(), "cala-volume-"));
  context.root = root;
  context.run = async (words) => {
    const [out, err] = [memorySink(), memorySink()];
    const code = await main([...words], { out, err, env: { CALA_ROOT: root } });
    return { code, out: out.text(), err: err.text() };
  };
});
test.after.each(({ root }) => rmSync(root, { recursive: true, force: true }));

test("a volume is made, listed, inspected and removed", async ({ run, root }) => {
  assert.equal(await run(["volume", "create", "--label", "app=shop", "data"]), { code: 0, out: "data\n", err: "" });
  assert.is((await run(["volume", "ls"])).out, "DRIVER      VOLUME NAME\nlocal       data\n");
  assert.is((await run(["volume", "ls", "-q", "--filter", "label=app=blog"])).out, "");
  assert.is((await run(["volume", "ls", "--format", "{{.Name}} {{.Labels.app}}"])).out, "data shop\n");
  const [document] = JSON.parse((await run(["volume", "inspect", "data"])).out) as [Record<string, unknown>];
  assert.is(document["Mountpoint"], join(root, "data", "volumes", "data", "data"));
  assert.equal([document["Driver"], document["Scope"], document["MountCount"]], ["local", "local", 0]);
  assert.is((await run(["volume", "exists", "data"])).code, 0);
  assert.equal(await run(["volume", "rm", "data"]), { code: 0, out: "data\n", err: "" });
  assert.is((await run(["volume", "exists", "data"])).code, 1);
});

test("what is there already is refused unless that is fine", async ({ run }) => {
  await run(["volume", "create", "data"]);
  const again = await run(["volume", "create", "data"]);
  assert.is(again.code, 125);
  assert.match(again.err, /volume with name "data" already exists/);
  assert.equal(await run(["volume", "create", "--ignore", "data"]), { code: 0, out: "data\n", err: "" });
});

test("a volume without a name gets one", async ({ run }) => {
  assert.match((await run(["volume", "create"])).out, /^[0-9a-f]{64}\n$/);
});

test("an unknown volume: exit codes of podman", async ({ run }) => {
  const removed = await run(["volume", "rm", "nothing"]);
  assert.is(removed.code, 1);
  assert.match(removed.err, /no volume with name "nothing" found: no such volume/);
  assert.is((await run(["volume", "rm", "--force", "nothing"])).code, 0);
  const inspected = await run(["volume", "inspect", "nothing"]);
  assert.equal([inspected.code, inspected.out], [125, "[]\n"]);
});

test("names or --all, not both and not neither", async ({ run }) => {
  assert.match((await run(["volume", "rm"])).err, /choose either one or more volumes or all/);
  assert.match((await run(["volume", "rm", "--all", "x"])).err, /choose either one or more volumes or all/);
});

test("prune removes what no container uses", async ({ run, root }) => {
  await run(["volume", "create", "one"]);
  await run(["volume", "create", "two"]);
  writeFileSync(join(root, "data", "volumes", "two", "data", "file"), "");
  assert.equal(await run(["volume", "prune", "--force"]), { code: 0, out: "one\ntwo\n", err: "" });
  assert.not.ok(existsSync(join(root, "data", "volumes", "two")));
  assert.equal(await run(["volume", "prune"]), { code: 0, out: "No dangling volumes found\n", err: "" });
});

test("rm --all removes every volume", async ({ run }) => {
  for (const name of ["one", "two"]) await run(["volume", "create", name]);
  assert.is((await run(["volume", "rm", "--all"])).out, "one\ntwo\n");
  assert.is((await run(["volume", "ls", "--quiet"])).out, "");
});

test.run();
