import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hide, onHost } from "./harness/bad-host.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "secrets", ["busybox"]);
const none = ["--network", "none"] as const;

test("a secret is kept for this user alone, from a file, standard input or the environment", async () => {
  const file = join(cala.home, "token");
  writeFileSync(file, "from-file");
  const id = await cala.ok(["secret", "create", "--label", "a=b", "token", file]);
  assert.match(id, /^[0-9a-f]{25}$/);
  await cala.ok(["secret", "create", "piped", "-"], { input: "from-stdin" });
  await cala.ok(["secret", "create", "--env", "variable", "HIDDEN"], { env: { HIDDEN: "from-env" } });
  for (const [name, text] of [["token", "from-file"], ["piped", "from-stdin"], ["variable", "from-env"]] as const) assert.is(await cala.ok(["secret", "inspect", "--showsecret", "--format", "{{.SecretData}}", name]), text);
  assert.is(statSync(join(cala.root, "data/secrets/token/data")).mode & 0o777, 0o600);
  const [document] = JSON.parse(await cala.ok(["secret", "inspect", "token"])) as [{ ID: string; Spec: { Labels: object; Driver: { Name: string } }; SecretData?: string }];
  assert.equal([document.ID, document.Spec.Labels, document.Spec.Driver.Name, document.SecretData], [id, { a: "b" }, "file", undefined]);
  assert.is(await cala.ok(["secret", "ls", "-q", "--filter", "name=^token$"]), id);
  const pretty = await cala.fails(["secret", "inspect", "--pretty", "nosuch", id.slice(0, 8)]);
  assert.match(`${pretty.stdout}${pretty.stderr}`, /Name: +token\n[^]*Error: no secret [^\n]*"nosuch"/);
  const missing = await cala.fails(["secret", "inspect", "nosuch"]);
  assert.equal([missing.stdout, missing.code], ["[]\n", 125]);
});

test("names are unique, and bad ones, empty ones and unknown drivers are refused", async () => {
  assert.match((await cala.fails(["secret", "create", "token", "-"], { input: "x" })).stderr, /in use/);
  assert.match((await cala.fails(["secret", "create", "no/slash", "-"], { input: "x" })).stderr, /invalid secret name/);
  assert.match((await cala.fails(["secret", "create", "empty", "-"], { input: "" })).stderr, /larger than 0/);
  assert.match((await cala.fails(["secret", "create", "-d", "pass", "x", "-"], { input: "x" })).stderr, /driver/);
  await cala.ok(["secret", "create", "--ignore", "token", "-"], { input: "x" });
  assert.is((await cala.run(["secret", "exists", "nothing"])).code, 1);
  assert.is((await cala.run(["secret", "exists", "token"])).code, 0);
});

test("a container sees its secrets as files in memory, read-only, with the owner and mode asked for", async () => {
  const out = await cala.ok(["run", "--rm", ...none, "--secret", "token", "--secret", "piped,target=renamed,uid=1000,gid=1000,mode=0400", "--secret", "source=variable,type=mount,target=/etc/placed", "busybox", "sh", "-c",
    "cat /run/secrets/token /run/secrets/renamed /etc/placed; stat -c ' %n %u:%g %a' /run/secrets/* /etc/placed; (echo x > /run/secrets/token; echo x > /etc/placed; touch /run/secrets/new) 2>&1 | grep -c -i 'read-only'; grep -c tmpfs.*secrets /proc/mounts"]);
  assert.is(out, "from-filefrom-stdinfrom-env /run/secrets/renamed 1000:1000 400\n /run/secrets/token 0:0 444\n /etc/placed 0:0 444\n3\n1");
});

test("an environment secret reaches the program and further ones, but no document", async () => {
  await cala.ok(["run", "-d", "--name", "holder", ...none, "--secret", "token,type=env,target=TOKEN", "--secret", "piped", "busybox", "sh", "-c", "echo $TOKEN; sleep 1000"]);
  assert.is(await cala.ok(["exec", "holder", "sh", "-c", "echo $TOKEN"]), "from-file");
  assert.is(await cala.ok(["exec", "-e", "A=b", "holder", "sh", "-c", "echo $TOKEN$A"]), "from-fileb");
  assert.not.match(await cala.ok(["inspect", "holder"]), /from-file|from-stdin/);
  await cala.ok(["commit", "holder", "without-secrets"]);
  assert.not.match(await cala.ok(["image", "inspect", "without-secrets"]), /from-file/);
  assert.is(await cala.ok(["run", "--rm", ...none, "without-secrets", "sh", "-c", "ls /run/secrets 2>/dev/null; echo $TOKEN"]), "");
  assert.not.match(await cala.ok(["diff", "holder"]), /secrets\//);
  assert.not.match((await cala.run(["export", "holder"])).stdout, /from-stdin/);
});

test("a container that runs has what it began with, when the secret is another one or gone", async () => {
  await cala.ok(["secret", "create", "passing", "-"], { input: "early" });
  await cala.ok(["run", "-d", "--name", "keeper", ...none, "--secret", "passing,type=env,target=PASSING", "busybox", "sleep", "1000"]);
  await cala.ok(["secret", "create", "--replace", "passing", "-"], { input: "late" });
  assert.is(await cala.ok(["exec", "-e", "A=b", "keeper", "sh", "-c", "echo $PASSING"]), "early");
  await cala.ok(["secret", "rm", "passing"]);
  for (const options of [[], ["-e", "A=b"]]) assert.is(await cala.ok(["exec", ...options, "keeper", "sh", "-c", "echo $PASSING"]), "early");
  await cala.ok(["update", "--health-cmd", "test $PASSING = early", "--health-interval", "disable", "keeper"]);
  assert.is((await cala.run(["healthcheck", "run", "keeper"])).code, 0);
  await cala.ok(["rm", "-f", "-t", "0", "keeper"]);
});

test("the bytes of a secret are in no file but its own and the container's copy of it, whatever a container does with it, and in none when both are gone", async () => {
  const bytes = "bytes-that-nobody-else-has";
  const filesWithThem = async (): Promise<string> => (await cala.run(["unshare", "grep", "-rlF", bytes, cala.root])).stdout.trim();
  await cala.ok(["secret", "create", "hidden", "-"], { input: bytes });
  await cala.ok(["run", "-d", "--name", "wary", ...none, "--restart", "always", "--secret", "hidden", "--secret", "hidden,type=env,target=HIDDEN", "--secret", "hidden,target=/etc/placed",
    "--health-cmd", `test -e /ready && test $HIDDEN = ${bytes.slice(0, 5)}"${bytes.slice(5)}"`, "--health-interval", "1s", "busybox", "sh", "-c", "trap exit TERM; touch /ready; while :; do sleep 0.1; done"]);
  await cala.ok(["wait", "--condition", "healthy", "wary"]);
  for (const options of [[], ["-t"], ["-e", "A=b"], ["-d"]]) await cala.ok(["exec", ...options, "wary", "test", "-s", "/run/secrets/hidden"]);
  await cala.ok(["update", "--health-retries", "2", "wary"]);
  const dir = join(cala.root, "data/containers", await cala.ok(["inspect", "--format", "{{.Id}}", "wary"]));
  const copies = [join(dir, "secrets/0"), join(dir, "secrets/2")];
  assert.equal((await filesWithThem()).split("\n").sort(), [...copies, join(cala.root, "data/secrets/hidden/data")]);
  for (const stored of ["config.json", "plan", "exec-plan", "health-plan", "record.json"]) assert.ok(existsSync(join(dir, stored)), stored);
  assert.equal([dir, join(dir, "secrets"), ...copies].map((path) => statSync(path).mode & 0o777), [0o711, 0o700, 0o600, 0o600]);
  await cala.ok(["secret", "rm", "hidden"]);
  const show = ["sh", "-c", "echo $HIDDEN $(cat /run/secrets/hidden /etc/placed)"] as const;
  assert.is(await cala.ok(["exec", "wary", ...show]), `${bytes} ${bytes}${bytes}`);
  const pid = await cala.ok(["inspect", "--format", "{{.State.Pid}}", "wary"]);
  await cala.ok(["exec", "wary", "kill", "1"]);
  await waitFor("another run of the container", async () => !["0", pid].includes(await cala.ok(["inspect", "--format", "{{.State.Pid}}", "wary"])), 30_000);
  assert.is(await cala.ok(["exec", "wary", ...show]), `${bytes} ${bytes}${bytes}`);
  assert.equal((await filesWithThem()).split("\n").sort(), copies);
  assert.is((await cala.run(["healthcheck", "run", "wary"])).code, 0);
  await cala.ok(["rm", "-f", "-t", "0", "wary"]);
  assert.is(await filesWithThem(), "");
});

test("an exec's own variable comes before a secret's, a secret's before the container's, and one with a byte 0 is refused", async () => {
  await cala.ok(["run", "-d", "--name", "ordered", ...none, "-e", "TOKEN=plain", "-e", "OTHER=other", "--secret", "token,type=env,target=TOKEN", "busybox", "sleep", "1000"]);
  const show = ["sh", "-c", "echo $TOKEN $OTHER; env | grep -c TOKEN="] as const;
  assert.is(await cala.ok(["exec", "ordered", ...show]), "from-file other\n1");
  assert.is(await cala.ok(["exec", "-e", "TOKEN=mine", "ordered", ...show]), "mine other\n1");
  await cala.ok(["rm", "-f", "-t", "0", "ordered"]);
  await cala.ok(["secret", "create", "binary", "-"], { input: "a\0b" });
  assert.match((await cala.fails(["run", "--rm", ...none, "--secret", "binary,type=env", "busybox"])).stderr, /byte 0.*binary/);
  assert.is(await cala.ok(["run", "--rm", ...none, "--secret", "binary", "busybox", "sh", "-c", "wc -c < /run/secrets/binary"]), "3");
});

for (const [rung, hostSetup, file] of [["a single id", hide("newuidmap", "newgidmap"), true], ["no namespaces", "echo 1 > /proc/sys/user/max_user_namespaces", false]] as const) test(`with ${rung}: secrets reach the program and further ones`, async () => {
  const where = { env: { ...cala.env, CALA_ROOT: join(cala.root, rung.replaceAll(" ", "-")) }, cwd: cala.home, timeoutMs: 120_000 };
  const script = [
    "printf low | cala secret create low - >/dev/null", `cala run -d --name lower --network ${file ? "none" : "host"} --secret low,type=env ${file ? "--secret low,target=/etc/low" : ""} busybox sh -c 'echo $low; sleep 1000' >/dev/null`,
    "cala secret rm low >/dev/null", `cala exec lower sh -c 'echo $low${file ? "; cat /etc/low" : ""}'`, "cala exec -e A=b lower sh -c 'echo $low$A'", "until cala logs lower | grep -q low; do sleep 0.1; done; cala logs lower", "cala rm -f -t 0 lower >/dev/null",
  ].join("; ");
  const done = await onHost(hostSetup, `PATH=${join(cala.root, "bin")}:$PATH; ${script}`, where);
  assert.is(done.stdout, `low\n${file ? "low" : ""}lowb\nlow\n`, done.stderr);
});

test("a file has what its secret was when the container was made, a variable what it is at the start, as with podman", async () => {
  await cala.ok(["create", "--name", "kept", ...none, "--secret", "piped", "--secret", "variable,uid=7,mode=0400", "busybox", "cat", "/run/secrets/piped", "/run/secrets/variable"]);
  await cala.ok(["create", "--name", "turning", ...none, "--secret", "token,type=env", "busybox", "sh", "-c", "echo $token"]);
  const ids = (await Promise.all(["piped", "variable"].map(async (name) => await cala.ok(["secret", "inspect", "--format", "{{.ID}}", name])))) as [string, string];
  for (const name of ["piped", "token"]) await cala.ok(["secret", "create", "--replace", name, "-"], { input: "turned" });
  await cala.ok(["secret", "rm", "variable"]);
  assert.is(await cala.ok(["start", "-a", "kept"]), "from-stdinfrom-env");
  assert.is(await cala.ok(["start", "-a", "turning"]), "turned");
  await cala.ok(["secret", "rm", "piped", "token"]);
  for (const times of [1, 2]) assert.is(await cala.ok(["start", "-a", "kept"]), "from-stdinfrom-env", String(times));
  await cala.ok(["container", "clone", "kept", "cloned"]);
  await cala.ok(["container", "fork", "kept", "forked"]);
  for (const copy of ["cloned", "forked"]) assert.is(await cala.ok(["start", "-a", copy]), "from-stdinfrom-env", copy);
  assert.equal(JSON.parse(await cala.ok(["inspect", "--format", "{{json .Config.Secrets}}", "forked"])), [{ Name: "piped", ID: ids[0], UID: 0, GID: 0, Mode: 0o444 }, { Name: "variable", ID: ids[1], UID: 7, GID: 0, Mode: 0o400 }]);
  assert.match((await cala.fails(["start", "-a", "turning"])).stderr, /no such secret/);
  for (const option of ["piped", "token,type=env"]) assert.match((await cala.fails(["run", "--rm", ...none, "--secret", option, "busybox"])).stderr, /no such secret/);
  assert.match((await cala.fails(["run", "--rm", ...none, "--secret", "token,type=what", "busybox"])).stderr, /neither mount nor env/);
  const left = await cala.ok(["secret", "ls", "-q"]);
  assert.is(await cala.ok(["secret", "rm", "--all"]), left);
  assert.is(await cala.ok(["secret", "ls", "-q"]), "");
});

test.run();
