/** Options whose effect no other test looks at: many of them in each call. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { testIf } from "../runner/skip.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "options");
const none = ["--network", "none"] as const;
const inspect = async (name: string, format: string): Promise<string> => await cala.ok(["inspect", "--format", format, name]);

test("what a process gets: the caller's environment, or none at all, labels of a file, a directory", async () => {
  const labels = join(cala.home, "labels");
  writeFileSync(labels, "one=file\n# none\ntwo=file\n");
  await cala.ok(["run", "--name", "given", ...none, "--env-host", "--label-file", labels, "--label", "two=option", "-w", "/tmp", "busybox", "sh", "-c", "echo $OF_HOST; pwd"], { env: { OF_HOST: "host" } });
  assert.is(await cala.ok(["logs", "given"]), "host\n/tmp");
  assert.is(await inspect("given", "{{.Config.Labels.one}} {{.Config.Labels.two}}"), "file option");
  const variables = async (...options: readonly string[]): Promise<string[]> => (await cala.ok(["run", "--rm", ...none, ...options, "busybox", "cat", "/proc/self/environ"])).split("\0").map((line) => line.replace(/=.*/s, "")).filter((name) => name !== "").sort();
  const usual = await variables();
  assert.ok(usual.includes("PATH") && usual.includes("container"));
  assert.equal(await variables("--unsetenv", "container"), usual.filter((name) => name !== "container"));
  assert.equal(await variables("--unsetenv-all", "-e", "OWN=1"), ["HOME", "HOSTNAME", "OWN"]);
  assert.match((await cala.fails(["run", "--rm", "--annotation", "no-value", "busybox"])).stderr, /KEY=VALUE/);
  assert.match((await cala.fails(["run", "--rm", "--pull", "never", "--os", "plan9", "busybox"])).stderr, /busybox/);
});

const zone = "America/New_York";
const zoneFile = `/usr/share/zoneinfo/${zone}`;
testIf(test, existsSync(zoneFile), "the host's time zones", "--tz gives a container the host's data of a zone, which an image need not have", async () => {
  const zoned = async (name: string): Promise<string> => await cala.ok(["run", "--rm", ...none, "--tz", name, "busybox", "sh", "-c", "cat /etc/localtime; echo =$TZ"]);
  assert.is(await zoned(zone), `${readFileSync(zoneFile, "utf8")}=`);
  if (existsSync("/etc/localtime")) assert.is(await zoned("local"), `${readFileSync("/etc/localtime", "utf8")}=`);
  const refused = await cala.fails(["create", ...none, "--tz", "Nowhere/Bad", "busybox"]);
  assert.equal([refused.code, /the time zone "Nowhere\/Bad" is not known/.test(refused.stderr)], [125, true]);
});

test("limits and what is asked of health checks are kept as given, changed by update, and taken over by a clone", async () => {
  const fields = "{{with .HostConfig}}{{.CpuPeriod}} {{.CpuQuota}} {{.CpusetCpus}} {{.CpusetMems}} {{.CpuShares}} {{.Memory}} {{.MemoryReservation}} {{.MemorySwap}} {{.PidsLimit}} {{.BlkioWeight}}{{end}}";
  const limits = (scale: number): string[] => ["--cpu-period", `${50_000 * scale}`, "--cpu-quota", `${20_000 * scale}`, "--cpuset-cpus", "0", "--cpuset-mems", "0", "--cpu-shares", `${70 * scale}`, "--memory", `${64 * scale}m`, "--memory-reservation", `${32 * scale}m`, "--memory-swap", `${128 * scale}m`, "--pids-limit", `${9 * scale}`, "--blkio-weight", `${100 * scale}`];
  const shown = (scale: number): string => `${50_000 * scale} ${20_000 * scale} 0 0 ${70 * scale} ${scale * 2 ** 26} ${scale * 2 ** 25} ${scale * 2 ** 27} ${9 * scale} ${100 * scale}`;
  await cala.ok(["create", "--name", "limited", ...none, ...limits(1), "busybox", "true"]);
  assert.is(await inspect("limited", fields), shown(1));
  await cala.ok(["container", "clone", "limited"]);
  assert.is(await inspect("limited-clone", fields), shown(1));
  await cala.ok(["container", "clone", "--destroy", "--force", ...limits(3), "limited-clone", "larger"]);
  assert.equal([await inspect("larger", fields), (await cala.run(["container", "exists", "limited-clone"])).code], [shown(3), 1]);
  await cala.ok(["update", ...limits(2), "limited"]);
  assert.is(await inspect("limited", fields), shown(2));
  for (const option of ["--cpu-rt-period=5", "--cpu-rt-runtime=5", "--memory-swappiness=5"]) for (const words of [["create", option, ...none, "busybox"], ["update", option, "limited"]]) assert.match((await cala.fails(words)).stderr, /not possible: cgroup v2/, words.join(" "));
  await cala.ok(["container", "clone", "--run", "given", "given-again"], { env: { OF_HOST: "other" } });
  await cala.ok(["wait", "given-again"]);
  assert.is(await cala.ok(["logs", "given-again"]), "host\n/tmp");
});

test("a health check has its start period, the pause between probes in it, and room for what it says", async () => {
  await cala.ok(["run", "-d", "--name", "young", ...none, "--health-cmd", "echo 0123456789; false", "--health-interval", "disable", "--health-retries", "1", "--health-start-period", "1h", "--health-max-log-size", "4", "busybox", "sleep", "1000"]);
  assert.is((await cala.run(["healthcheck", "run", "young"])).code, 1);
  assert.is(await inspect("young", "{{.State.Health.Status}} {{.State.Health.FailingStreak}} {{(index .State.Health.Log 0).Output}}"), "starting 0 0123");
  await cala.ok(["update", "--health-start-period", "0s", "--health-max-log-size", "6", "young"]);
  assert.is((await cala.run(["healthcheck", "run", "young"])).code, 1);
  assert.match(await inspect("young", "{{.State.Health.Status}} {{json .State.Health.Log}}"), /^unhealthy .*"012345"/);
  await cala.ok(["run", "-d", "--name", "often", ...none, "--health-cmd", "echo x >> /count; false", "--health-interval", "1h", "--health-start-period", "1h", "--health-start-interval", "100ms", "busybox", "sleep", "1000"]);
  await cala.ok(["run", "-d", "--name", "slow", ...none, "--health-startup-cmd", "echo t >> /tries; sleep 1000", "--health-startup-interval", "100ms", "--health-startup-timeout", "1s", "--health-cmd", "true", "busybox", "sleep", "1000"]);
  await cala.ok(["run", "-d", "--name", "thrice", ...none, "--health-startup-cmd", "echo -n s >> /order", "--health-startup-interval", "100ms", "--health-startup-success", "3", "--health-cmd", "echo -n m >> /order", "--health-interval", "100ms", "busybox", "sleep", "1000"]);
  const lines = async (name: string, path: string): Promise<string> => (await cala.run(["exec", name, "cat", path])).stdout;
  await waitFor("three probes in the start period", async () => (await lines("often", "/count")).split("\n").length > 3, 60_000);
  await waitFor("a second try of the startup check", async () => (await lines("slow", "/tries")).split("\n").length > 2, 60_000);
  await waitFor("the health check behind its startup check", async () => (await lines("thrice", "/order")).includes("m"), 60_000);
  assert.match(await lines("thrice", "/order"), /^sssm/);
  await cala.ok(["rm", "-f", "-t", "0", "young", "often", "slow", "thrice"]);
});

test("a client that passes no signals on ends alone", async () => {
  const words = ["sh", "-c", "trap 'echo got; exit' TERM; echo up; while :; do sleep 0.05; done"] as const;
  const client = cala.start(["run", "--name", "deaf", ...none, "--sig-proxy=false", "busybox", ...words]);
  const ended = new Promise((resolve) => client.once("exit", resolve));
  await waitFor("its first word", async () => (await cala.run(["logs", "deaf"])).stdout === "up\n");
  client.kill("SIGTERM");
  await ended;
  assert.equal([await inspect("deaf", "{{.State.Running}}"), await cala.ok(["logs", "deaf"])], ["true", "up"]);
  const attached = cala.start(["attach", "--sig-proxy=false", "deaf"]);
  const detached = new Promise((resolve) => attached.once("exit", resolve));
  await cala.ok(["exec", "deaf", "true"]);
  attached.kill("SIGTERM");
  await detached;
  assert.equal([await inspect("deaf", "{{.State.Running}}"), await cala.ok(["logs", "deaf"])], ["true", "up"]);
  await cala.ok(["rm", "-f", "-t", "0", "deaf"]);
});

test("--latest is the container that was created last, whatever the verb; the status words are podman's", async () => {
  await cala.ok(["create", "--name", "first", ...none, "busybox", "true"]);
  await cala.ok(["create", "--name", "last", ...none, "busybox", "sh", "-c", "echo said; sleep 1000"]);
  const state = async (): Promise<string> => await cala.ok(["ps", "-a", "--latest", "--format", "{{.Names}} {{.State}}"]);
  assert.is(await state(), "last Created");
  await cala.ok(["init", "--latest"]);
  assert.is(await state(), "last Initialized");
  assert.equal([await inspect("last", "{{.State.Status}}"), await cala.ok(["ps", "-a", "--noheading", "--filter", "status=initialized", "--format", "{{.Names}}"]), await cala.ok(["wait", "--condition", "initialized", "--latest"])], ["initialized", "last", "-1"]);
  assert.match((await cala.fails(["init", "last"])).stderr, /it is initialized: container state improper/);
  assert.equal([await cala.ok(["container", "cleanup", "--latest"]).then(state), await cala.ok(["init", "--latest"]).then(state)], ["last Created", "last Initialized"]);
  await cala.ok(["start", "--latest"]);
  assert.match(await state(), /^last Up /);
  await waitFor("its word", async () => (await cala.ok(["logs", "--latest"])) === "said");
  assert.is(await cala.ok(["exec", "--latest", "echo", "inside"]), "inside");
  await waitFor("its next program", async () => /sleep 1000/.test(await cala.ok(["top", "--latest"])));
  assert.is(await cala.ok(["stats", "--no-stream", "--latest", "--format", "{{.Name}}"]), "last");
  assert.is(await cala.ok(["inspect", "--latest", "--format", "{{.Name}}"]), "last");
  assert.is(await cala.ok(["port", "--latest"]), "");
  await cala.ok(["exec", "last", "touch", "/made"]);
  assert.match(await cala.ok(["diff", "--latest"]), /^A \/made$/m);
  await cala.ok(["update", "--latest", "--restart", "no"]);
  const file = join(cala.home, "cid");
  writeFileSync(file, await inspect("last", "{{.Id}}"));
  for (const words of [["--latest"], ["--cidfile", file]]) {
    await cala.ok(["pause", ...words]);
    assert.is(await state(), "last Paused");
    await cala.ok(["unpause", ...words]);
  }
  await cala.ok(["restart", "--running", "-t", "0"]);
  assert.equal([await inspect("first", "{{.State.Status}}"), await cala.ok(["ps", "-q", "--filter", "name=last"]).then((id) => id.length)], ["created", 12]);
  await cala.ok(["restart", "-t", "0", "--latest"]);
  await cala.ok(["stop", "-t", "0", "--latest"]);
  assert.is(await cala.ok(["wait", "--latest"]), "137");
  await cala.ok(["start", "--latest"]);
  await cala.ok(["kill", "--latest"]);
  await cala.ok(["rm", "-f", "-t", "0", "--latest"]);
  assert.equal([(await cala.run(["container", "exists", "last"])).code, (await cala.run(["container", "exists", "first"])).code], [1, 0]);
  assert.match((await cala.fails(["container", "cleanup", "--all", "--latest"])).stderr, /cannot be used together/);
  assert.match((await cala.fails(["ps", "--filter", "exited=x"])).stderr, /not an exit code/);
});

test("logs until a time, tables without headings, a commit with author and message as one layer, an unknown volume", async () => {
  await cala.ok(["run", "-d", "--name", "two", ...none, "busybox", "sh", "-c", "echo early; until test -e /go; do sleep 0.05; done; echo late"]);
  await waitFor("its first word", async () => (await cala.ok(["logs", "two"])) === "early");
  const after = new Date().toISOString();
  await cala.ok(["exec", "two", "touch", "/go"]);
  await cala.ok(["wait", "two"]);
  assert.equal([await cala.ok(["logs", "--until", after, "two"]), await cala.ok(["logs", "--since", after, "two"])], ["early", "late"]);
  const events = async (...words: readonly string[]): Promise<string[]> => (await cala.ok(["events", "--stream=false", "--filter", "container=two", "--format", "{{.Status}} {{len .ID}}", ...words])).split("\n");
  assert.equal([(await events("--until", after, "--no-trunc")).includes("start 64"), (await events("--until", after)).some((line) => line.startsWith("died")), (await events("--since", after)).some((line) => line.startsWith("died")), (await events("--since", after)).some((line) => line.startsWith("start"))], [true, false, true, false]);
  await cala.ok(["commit", "--quiet", "--squash", "--author", "An Author", "--message", "why", "--format", "docker", "two", "squashed"]);
  assert.is(await cala.ok(["image", "inspect", "--format", "{{.Author}} {{.Comment}} {{len .RootFS.Layers}}", "squashed"]), "An Author why 1");
  await cala.ok(["volume", "create", "only"]);
  assert.match(await cala.ok(["volume", "ls", "--noheading"]), /^local +only$/);
  for (const words of [["export", "nothing", "-o", join(cala.home, "out")], ["import", "nothing", "/dev/null"], ["mount", "nothing"]]) assert.is((await cala.fails(["volume", ...words])).code, 125, words.join(" "));
  assert.is((await cala.fails(["volume", "rm", "nothing"])).code, 1);
  assert.is(existsSync(join(cala.home, "out")) && readFileSync(join(cala.home, "out")).length > 0, false);
});

test.run();
