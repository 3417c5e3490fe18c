import { chmodSync, mkdtempSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findCredentials, loginFile, removeCredentials, storeCredentials } from "../../../core/config/auth-file.ts";

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
test("a damaged entry names the registry and the file", async ({ env, home }) => {
  const file = join(home, "auth.json");
  writeFileSync(file, JSON.stringify({ auths: { "r.example": { auth: "????" } } }));
  await findCredentials("r.example", env, file).then(() => assert.unreachable(), (error: { code: string }) => assert.is(error.code, "file-damaged"));
});

test.run();
