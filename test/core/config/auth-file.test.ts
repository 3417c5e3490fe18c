import { chmodSync, existsSync, mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findCredentials, loginFile, removeAllCredentials, removeCredentials, storeCredentials } from "../../../core/config/auth-file.ts";

const test = suite<{ home: string; env: Record<string, string>; path: string }>("logins", {} as never);
test.before.each((context) => {
  context.home = mkdtempSync(join(tmpdir(), "cala-auth-"));
  context.env = { HOME: context.home };
  context.path = process.env["PATH"] ?? "";
});
test.after.each(({ home, path }) => {
  process.env["PATH"] = path;
  rmSync(home, { recursive: true });
});
const basic = (user: string, password: string): string => Buffer.from(`${user}:${password}`).toString("base64");

test("what login stores is found, for this user's eyes only, and forgotten by logout", async ({ env }) => {
  const file = loginFile(env);
  await storeCredentials("reg.example:5000", { username: "u", password: "p:q" }, file);
  assert.is(statSync(file).mode & 0o777, 0o600);
  assert.equal(await findCredentials("reg.example:5000/team/app", env), { username: "u", password: "p:q" });
  assert.is(await findCredentials("reg.example/team/app", env), undefined);
  assert.ok(await removeCredentials("reg.example:5000", file));
  assert.not.ok(await removeCredentials("reg.example:5000", file));
  assert.is(await findCredentials("reg.example:5000", env), undefined);
});
test("docker's file with its URL for Docker Hub", async ({ env, home }) => {
  mkdirSync(join(home, ".docker"));
  writeFileSync(join(home, ".docker", "config.json"), JSON.stringify({ auths: { "https://index.docker.io/v1/": { auth: basic("d", "x") }, "a.example": { identitytoken: "tok" } } }));
  assert.is((await findCredentials("docker.io/library/ubuntu", env))?.username, "d");
  assert.is((await findCredentials("a.example/x", env))?.identityToken, "tok");
});
test("the most specific login wins", async ({ env, home }) => {
  const file = join(home, "auth.json");
  writeFileSync(file, JSON.stringify({ auths: { "r.example": { auth: basic("all", "1") }, "r.example/team": { auth: basic("team", "2") } } }));
  assert.is((await findCredentials("r.example/team/app", env, file))?.username, "team");
  assert.is((await findCredentials("r.example/other", env, file))?.username, "all");
});
test("credential helpers are asked", async ({ env, home }) => {
  const helper = join(home, "docker-credential-fake");
  writeFileSync(helper, '#!/bin/sh\nread server\nif [ "$server" = r.example ]; then echo "{\\"Username\\":\\"h\\",\\"Secret\\":\\"s\\"}"; else echo "credentials not found in native keychain"; exit 1; fi\n');
  chmodSync(helper, 0o755);
  process.env["PATH"] = `${home}:${process.env["PATH"] ?? ""}`;
  const file = join(home, "auth.json");
  writeFileSync(file, JSON.stringify({ credsStore: "fake" }));
  assert.equal(await findCredentials("r.example/x", env, file), { username: "h", password: "s" });
  assert.is(await findCredentials("other.example/x", env, file), undefined);
});
test("helpers keep, list and forget logins, Docker Hub under the name that docker uses", async ({ env, home }) => {
  const store = join(home, "store");
  mkdirSync(store);
  // One file a server; its name is the server with slashes as commas.
  writeFileSync(join(home, "docker-credential-disk"), `#!/bin/sh
cd ${store}
case $1 in
store) body=$(cat); name=$(printf %s "$body" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/' | tr / ,); printf %s "$body" > "$name";;
get) name=$(tr / ,); [ -e "$name" ] || { echo "credentials not found in native keychain"; exit 1; }; cat "$name";;
erase) name=$(tr / ,); rm "$name";;
list) printf '{'; sep=; for f in *; do [ -e "$f" ] || continue; printf '%s"%s":"u"' "$sep" "$(printf %s "$f" | tr , /)"; sep=,; done; printf '}';;
esac
`);
  chmodSync(join(home, "docker-credential-disk"), 0o755);
  process.env["PATH"] = `${home}:${process.env["PATH"] ?? ""}`;
  const file = join(home, "auth.json");
  writeFileSync(file, JSON.stringify({ credsStore: "disk", credHelpers: { "own.example": "disk" } }));
  for (const host of ["docker.io", "r.example", "own.example"]) await storeCredentials(host, { username: "u", password: host }, file);
  assert.equal(readdirSync(store).sort(), ["https:,,index.docker.io,v1,", "own.example", "r.example"]);
  assert.is((await findCredentials("docker.io/library/busybox", env, file))?.password, "docker.io");
  assert.is((await findCredentials("own.example/x", env, file))?.password, "own.example");
  assert.not.match(readFileSync(file, "utf8"), "auths", "the file itself has no password");
  assert.ok(await removeCredentials("docker.io", file));
  assert.is(await findCredentials("docker.io/library/busybox", env, file), undefined);
  await removeAllCredentials(file);
  assert.equal(readdirSync(store), []);
  const plain = join(home, "plain.json");
  await storeCredentials("conf.example", { username: "u", password: "p" }, plain, { helpers: ["disk", "containers-auth.json"] });
  assert.equal([readdirSync(store), existsSync(plain)], [["conf.example"], false]);
  assert.ok(await removeCredentials("conf.example", plain, ["disk"]));
  assert.equal(readdirSync(store), []);
  await storeCredentials("conf.example", { username: "u", password: "p" }, plain, { helpers: ["containers-auth.json", "disk"] });
  assert.ok(existsSync(plain));
});
test("helpers of registries.conf are asked after the files, or where the files stand among them", async ({ env, home }) => {
  writeFileSync(join(home, "docker-credential-late"), '#!/bin/sh\necho "{\\"Username\\":\\"helper\\",\\"Secret\\":\\"s\\"}"\n');
  chmodSync(join(home, "docker-credential-late"), 0o755);
  process.env["PATH"] = `${home}:${process.env["PATH"] ?? ""}`;
  await storeCredentials("r.example", { username: "file", password: "p" }, loginFile(env));
  const user = async (host: string, helpers: readonly string[]): Promise<string | undefined> => (await findCredentials(host, env, undefined, helpers))?.username;
  assert.is(await user("r.example", ["late"]), "file");
  assert.is(await user("s.example", ["late"]), "helper");
  assert.is(await user("r.example", ["late", "containers-auth.json"]), "helper");
});
test("docker's own file is written so that docker finds it", async ({ home }) => {
  const file = join(home, "config.json");
  await storeCredentials("docker.io", { username: "u", password: "p" }, file, { forDocker: true });
  assert.equal(Object.keys((JSON.parse(readFileSync(file, "utf8")) as { auths: object }).auths), ["https://index.docker.io/v1/"]);
});
test("a damaged entry names the registry and the file", async ({ env, home }) => {
  const file = join(home, "auth.json");
  writeFileSync(file, JSON.stringify({ auths: { "r.example": { auth: "????" } } }));
  await findCredentials("r.example", env, file).then(() => assert.unreachable(), (error: { code: string }) => assert.is(error.code, "file-damaged"));
});

test.run();
