/** stats, update, and limits on a host that perhaps cannot keep them; test/vm has one that can. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cgroupKind } from "../../core/cgroup/detect.ts";
import { testIf } from "../runner/skip.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "limits");

interface StatsDocument {
  readonly id: string;
  readonly name: string;
  readonly cpu_percent: string;
  readonly mem_usage: string;
  readonly net_io: string;
  readonly pids: string;
}

const stats = async (...words: readonly string[]): Promise<readonly StatsDocument[]> => JSON.parse(await cala.ok(["stats", "--no-stream", "--format", "json", ...words])) as StatsDocument[];

/** Looks by `stats --interval`, on a screen that is cleared and on one that is not. */
async function looksAgain(): Promise<void> {
  const screens = await Promise.all([["-i", "1"], ["-i", "1", "--no-reset"], ["-i", "3600"]].map(async (words) => await cala.pty(["stats", ...words, "--format", "{{.Name}}", "idle"])));
  const looks = (index: number): number => (screens[index]?.output() ?? "").split("idle").length - 1;
  await waitFor("three looks of two, and one of the third", () => looks(0) >= 3 && looks(1) >= 3 && looks(2) >= 1, 60_000);
  assert.is(looks(2), 1);
  assert.match(screens[0]?.output() ?? "", /^(\u001b\[H\u001b\[Jidle\n){3}/);
  assert.match(screens[1]?.output() ?? "", /^(idle\n){3}/);
  for (const screen of screens) screen.write("\x03");
  await Promise.all(screens.map(async ({ ended }) => await ended));
}

test("stats counts the processes and the processor time of a container, as a table, as json and through templates", async () => {
  await cala.ok(["run", "-d", "--name", "busy", "--network", "none", "busybox", "sh", "-c", "sleep 1000 & while true; do true; done"]);
  await cala.ok(["run", "-d", "--name", "idle", "--network", "none", "busybox", "sleep", "1000"]);
  await waitFor("a busy processor", async () => Number((await stats("busy"))[0]?.cpu_percent.replace("%", "")) > 1);
  const [busy] = await stats("busy");
  assert.is(busy?.name, "busy");
  assert.match(busy?.mem_usage ?? "", /^[\d.]+[kM]?B \/ [\d.]+[GT]B$/);
  assert.is(busy?.pids, "2");
  assert.match(busy?.net_io ?? "", /^0B \/ 0B$/);
  assert.equal((await stats()).map(({ name }) => name).sort(), ["busy", "idle"]);
  const [heading, ...rows] = (await cala.ok(["stats", "--no-stream"])).split("\n");
  assert.match(heading ?? "", /^ID +NAME +CPU % +MEM USAGE \/ LIMIT +MEM % +NET IO +BLOCK IO +PIDS +CPU TIME +AVG CPU %$/);
  assert.is(rows.length, 2);
  assert.is(await cala.ok(["stats", "--no-stream", "--no-trunc", "--format", "{{.Name}} {{.PIDs}} {{len .ID}}", "idle"]), "idle 1 64");
  await looksAgain();
  await cala.ok(["stop", "-t", "0", "idle"]);
  assert.equal((await stats()).map(({ name }) => name), ["busy"]);
  assert.equal((await stats("--all")).map(({ name }) => name).sort(), ["busy", "idle"]);
  assert.is((await cala.run(["stats", "--no-stream", "nothere"])).code, 125);
  assert.is((await cala.run(["stats", "--no-stream", "--all", "busy"])).code, 125);
  await cala.ok(["rm", "-f", "-t", "0", "busy", "idle"]);
});

test("update records limits and the restart policy, and tells the monitor of a container that runs", async () => {
  await cala.ok(["run", "-d", "--name", "web", "--network", "none", "busybox", "sh", "-c", "until test -e /end; do sleep 0.05; done; exit 7"]);
  await cala.ok(["update", "--restart", "on-failure:1", "web"]);
  assert.is(await cala.ok(["inspect", "--format", "{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}", "web"]), "on-failure 1");
  await cala.ok(["exec", "web", "touch", "/end"]);
  await waitFor("its end after one more run", async () => (await cala.ok(["inspect", "--format", "{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}}", "web"])) === "exited 1 7");
  await cala.ok(["update", "--memory", "64m", "--cpus", "0.5", "--env", "NEW=1", "--ulimit", "nofile=99:99", "web"]);
  await cala.ok(["update", "--cpu-quota", "20000", "web"]);
  assert.is(await cala.ok(["inspect", "--format", "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.CpuQuota}}", "web"]), "67108864 0 20000");
  assert.match((await cala.run(["update", "--memory-swap", "1m", "web"])).stderr, /memory/);
  assert.match((await cala.run(["update", "web"])).stderr, /nothing to update/);
  await cala.ok(["rm", "web"]);
  await cala.ok(["create", "--name", "next", "--network", "none", "busybox", "sh", "-c", "echo $NEW $(ulimit -n)"]);
  await cala.ok(["update", "--env", "NEW=1", "--ulimit", "nofile=99:99", "next"]);
  assert.is(await cala.ok(["start", "--attach", "next"]), "1 99");
  await cala.ok(["rm", "next"]);
});

const cannotLimit = cgroupKind() !== "unified";

testIf(test, cannotLimit, "a host without cgroup v2", "where limits cannot be kept there is one warning, with --strict-limits an error that names the fix", async () => {
  const warned = await cala.run(["run", "--rm", "--network", "none", "--memory", "64m", "--blkio-weight", "100", "busybox", "true"]);
  assert.is(warned.code, 0);
  assert.match(warned.stderr, /^WARN the memory and io limits are not applied: .*; fix: .*\n$/);
  const strict = await cala.run(["run", "--rm", "--network", "none", "--strict-limits", "--memory", "64m", "busybox", "true"]);
  assert.is(strict.code, 125);
  assert.match(strict.stderr, /^Error: the memory limit is not applied: [^;]*\nHint: boot with/);
  assert.is(await cala.ok(["ps", "-aq"]), "");
  assert.match((await cala.run(["run", "--rm", "--cgroup-parent", "x.slice", "busybox", "true"])).stderr, /cannot make a control group in "x.slice"/);
});

test("what says nothing sensible about limits is refused", async () => {
  const refused: readonly (readonly [RegExp, ...string[]])[] = [
    [/between 10 and 1000/, "--blkio-weight", "5"], [/it must be a device and a number/, "--device-read-bps", "1mb"], [/no such file/, "--device-read-bps", "/dev/nothere:1mb"],
    [/not a block device/, "--device-write-iops", "/dev/null:5"], [/"x.y" is not a file of a control group/, "--cgroup-conf", "x.y=1"], [/cala itself writes it/, "--cgroup-conf", "cgroup.procs=1"],
    [/use one of enabled/, "--cgroups", "other"], [/cannot be given with --cgroups=split/, "--cgroups=split", "--cgroup-parent=x"], [/--cgroups=disabled/, "--cgroups=disabled", "-m", "10m"],
  ];
  for (const [words, ...options] of refused) {
    const end = await cala.run(["run", "--rm", "--network", "none", ...options, "busybox", "true"]);
    assert.is(end.code, 125, options.join(" "));
    assert.match(end.stderr, words);
  }
  assert.is(await cala.ok(["ps", "-aq"]), "");
});

test.run();
