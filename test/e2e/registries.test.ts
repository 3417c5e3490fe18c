import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { registriesConf } from "./harness/cala.ts";
import { registryLogin, startRegistry } from "./harness/registry.ts";
import { run } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";

const { cala, registry } = await prepareSuite(test, "registries", ["busybox", "configured"]);
const guarded = await startRegistry([], { empty: true, login: true });
test.after(guarded.stop);
const [user = "", password = ""] = registryLogin.split(":");

const none = ["run", "--rm", "--network", "none"] as const;

test("push sends an image that another client can read, and a pull of it gives the same image", async () => {
  await cala.ok(["pull", "-q", "configured"]);
  const id = await cala.ok(["inspect", "--type", "image", "--format", "{{.Id}}", "configured"]);
  const digestFile = join(cala.home, "digest");
  const copy = registry.reference("pushed-by-cala:v2");
  await cala.ok(["push", "--digestfile", digestFile, "configured", copy]);
  assert.match(readFileSync(digestFile, "utf8"), /^sha256:[0-9a-f]{64}\n?$/);
  const seen = await run("skopeo", ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", `docker://${copy}`], { env: { ...process.env, XDG_RUNTIME_DIR: cala.home } });
  assert.is(seen.stdout.trim(), readFileSync(digestFile, "utf8").trim(), seen.stderr);
  await cala.ok(["rmi", "-f", "configured"]);
  assert.is(await cala.ok(["pull", "-q", copy]), id);
});

test("login keeps credentials that push and pull use; logout forgets them", async () => {
  const env = { REGISTRY_AUTH_FILE: join(cala.home, "auth.json"), CONTAINERS_REGISTRIES_CONF: conf(guarded.address) };
  const name = `${guarded.address}/private`;
  await cala.ok(["pull", "-q", "busybox"]);
  const refused = await cala.fails(["push", "busybox", name], { env });
  assert.match(refused.stderr, /log ?in/i);
  assert.is(existsSync(env.REGISTRY_AUTH_FILE), false);
  const wrong = await cala.fails(["login", "-u", user, "--password-stdin", guarded.address], { env, input: "wrong\n" });
  assert.is(wrong.code, 125);
  assert.match(await cala.ok(["login", "-u", user, "--password-stdin", guarded.address], { env, input: `${password}\n` }), /Login Succeeded!/);
  assert.is(await cala.ok(["login", "--get-login", guarded.address], { env }), user);
  await cala.ok(["push", "busybox", name], { env });
  assert.is(await cala.ok([...none, "--pull", "always", name, "echo", "private"], { env }), "private");
  await cala.ok(["logout", guarded.address], { env });
  assert.is((await cala.fails(["pull", name], { env })).code, 125);
  await cala.ok(["secret", "create", "registry-password", "-"], { input: password });
  assert.match(await cala.ok(["login", "-u", user, "--secret", "registry-password", guarded.address], { env }), /Login Succeeded!/);
  await cala.ok(["pull", "-q", name], { env });
  await cala.ok(["logout", guarded.address], { env });
});

function conf(address: string): string {
  const file = join(cala.home, "guarded.conf");
  writeFileSync(file, registriesConf(address));
  return file;
}

test("search finds repositories by a part of their name, and lists tags", async () => {
  assert.match(await cala.ok(["search", "--format", "{{.Name}}", `${registry.address}/config`]), new RegExp(`^${registry.address}/configured$`, "m"));
  assert.match(await cala.ok(["search", "--list-tags", registry.reference("busybox")]), /latest/);
});

test("exists answers by its exit code alone", async () => {
  await cala.ok(["pull", "-q", "busybox"]);
  assert.equal(await cala.run(["image", "exists", "busybox"]).then(({ code, stdout, stderr }) => [code, stdout, stderr]), [0, "", ""]);
  assert.equal(await cala.run(["image", "exists", "nothing"]).then(({ code, stdout, stderr }) => [code, stdout, stderr]), [1, "", ""]);
});

test("history and tree show the layers of an image", async () => {
  const history = (await cala.ok(["history", "--format", "{{.CreatedBy}}", "busybox"])).split("\n");
  assert.equal(history, ["layer 1", "layer 0"]);
  assert.match(await cala.ok(["history", "busybox"]), /^ID\s+CREATED\s+CREATED BY\s+SIZE\s+COMMENT$/m);
  const tree = await cala.ok(["image", "tree", "busybox"]);
  assert.is(tree.match(/[├└]── ID: /g)?.length, 2, tree);
});

test("untag takes names, the image stays; prune removes what has no name and no container", async () => {
  await cala.ok(["pull", "-q", "busybox"]);
  const id = await cala.ok(["inspect", "--type", "image", "--format", "{{.Id}}", "busybox"]);
  // An image that others are made from is not left over.
  await cala.ok(["rmi", "-f", registry.reference("pushed-by-cala:v2")]);
  await cala.ok(["untag", id]);
  assert.not.match(await cala.ok(["images", "--format", "{{.Repository}}"]), /busybox/);
  await cala.ok(["create", "--name", "holds", "--network", "none", id, "true"]);
  await cala.ok(["image", "prune", "--force"]);
  assert.is((await cala.run(["image", "exists", id])).code, 0);
  await cala.ok(["rm", "holds"]);
  assert.match(await cala.ok(["image", "prune", "--force"]), new RegExp(id));
  assert.is((await cala.run(["image", "exists", id])).code, 1);
});

test.run();
