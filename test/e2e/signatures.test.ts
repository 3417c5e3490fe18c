/** Signatures from end to end: push signs, policy.json asks for them, pull checks them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { testIf } from "../runner/skip.ts";
import { run } from "./harness/spawn.ts";
import { startRegistry } from "./harness/registry.ts";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "signatures", ["busybox"]);
const registry = await startRegistry([], { empty: true });
test.after(registry.stop);
const config = join(cala.home, ".config/containers");
mkdirSync(join(config, "registries.d"), { recursive: true });
writeFileSync(join(config, "registries.d", "default.yaml"), `default-docker:\n  lookaside: file://${cala.home}/sigstore\n`);
const hasGpg = (await run("sh", ["-c", "command -v gpg"])).code === 0;

function usePolicy(requirement: object): void {
  writeFileSync(join(config, "policy.json"), JSON.stringify({ default: [{ type: "insecureAcceptAnything" }], transports: { docker: { [registry.address]: [requirement] } } }));
}

test("a sigstore key signs at the push, and lets nothing else in", async () => {
  const [key, pub] = [join(cala.home, "key.pem"), join(cala.home, "key.pub")];
  execFileSync("openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key], { stdio: "ignore" });
  execFileSync("openssl", ["pkey", "-in", key, "-pubout", "-out", pub], { stdio: "ignore" });
  await cala.ok(["pull", "-q", "busybox"]);
  const [signed, plain] = [registry.reference("sig/app:1"), registry.reference("plain/app:1")];
  await cala.ok(["push", "-q", "--tls-verify=false", "--sign-by-sigstore-private-key", key, "busybox", signed]);
  await cala.ok(["push", "-q", "--tls-verify=false", "busybox", plain]);
  const badKey = await cala.fails(["push", "-q", "--tls-verify=false", "--sign-by-sigstore-private-key", pub, "busybox", registry.reference("never/sent")]);
  assert.match(badKey.stderr, "cannot be used");
  await cala.fails(["pull", "-q", "--tls-verify=false", registry.reference("never/sent")]);
  usePolicy({ type: "sigstoreSigned", keyPath: pub, signedIdentity: { type: "matchRepository" } });
  await cala.ok(["pull", "-q", "--tls-verify=false", signed]);
  const refused = await cala.fails(["pull", "-q", "--tls-verify=false", plain]);
  assert.is(refused.code, 125);
  assert.match(refused.stderr, "has no signature");
  assert.match(refused.stderr, "policy.json");
});

testIf(test, hasGpg, "gpg", "a key of GnuPG signs into the lookaside store, and the pull finds it there", async () => {
  const home = join(cala.home, "gnupg");
  mkdirSync(home, { mode: 0o700 });
  const gpg = (...args: readonly string[]): Buffer => execFileSync("gpg", ["--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", ...args], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    gpg("--quick-gen-key", "signer@example.org", "ed25519", "sign", "1d");
    const keyPath = join(cala.home, "signer.gpg");
    writeFileSync(keyPath, gpg("--export", "signer@example.org"));
    usePolicy({ type: "signedBy", keyType: "GPGKeys", keyPath });
    const [name, other] = [registry.reference("gpg/app:1"), registry.reference("gpg/app:2")];
    await cala.ok(["push", "-q", "--tls-verify=false", "--sign-by", "signer@example.org", "busybox", name], { env: { GNUPGHOME: home } });
    await cala.ok(["push", "-q", "--tls-verify=false", "busybox", other]);
    await cala.ok(["pull", "-q", "--tls-verify=false", name]);
    assert.match((await cala.fails(["pull", "-q", "--tls-verify=false", other])).stderr, "is for");
    assert.match((await cala.fails(["image", "sign", "--tls-verify=false", `docker://${other}`])).stderr, /you must name a key/);
    await cala.ok(["image", "sign", "--tls-verify=false", "--sign-by", "signer@example.org", `docker://${other}`], { env: { GNUPGHOME: home } });
    await cala.ok(["pull", "-q", "--tls-verify=false", other]);
  } finally {
    execFileSync("gpgconf", ["--homedir", home, "--kill", "all"], { stdio: "ignore" });
  }
});

test("a policy that rejects everything but one registry also refuses archives", async () => {
  writeFileSync(join(config, "policy.json"), JSON.stringify({ default: [{ type: "reject" }] }));
  const archive = join(cala.home, "busybox.tar");
  await cala.ok(["save", "-q", "-o", archive, "busybox"]);
  assert.match((await cala.fails(["load", "-q", "-i", archive])).stderr, "is rejected by the signature policy");
  writeFileSync(join(config, "policy.json"), JSON.stringify({ default: [{ type: "reject" }], transports: { "docker-archive": { "": [{ type: "insecureAcceptAnything" }] } } }));
  await cala.ok(["load", "-q", "-i", archive]);
});

test.run();
