/** pause and unpause, and what the other verbs do with a paused container. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "pause");

const start = async (name: string, script: string): Promise<void> => {
  await cala.ok(["run", "-d", "--name", name, "--network", "none", "busybox", "sh", "-c", script]);
};
const status = async (name: string): Promise<string> => await cala.ok(["inspect", "--format", "{{.State.Status}} {{.State.Paused}}", name]);

const firstPid = async (name: string): Promise<number> => Number(await cala.ok(["inspect", "--format", "{{.State.Pid}}", name]));

/** Pids of a container as the host sees them: its first process and those below it. @throws Error when one ends meanwhile */
function tree(first: number): number[] {
  const pids = [first];
  for (const pid of pids) pids.push(...readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter((word) => word !== "").map(Number));
  return pids;
}

/** The processes of a container that is paused: all are stopped, or have ended. */
function stopped(first: number): number[] {
  const pids = tree(first);
  assert.match(states(pids), /^[TZ]+$/);
  return pids;
}

/** State letters in /proc/PID/stat: T is stopped. */
const states = (pids: readonly number[]): string => pids.map((pid) => readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) (.).*$/s, "$1")).join("");

test("pause stops every process of a container, and unpause lets all go on", async () => {
  await start("ticks", "(while true; do echo one; sleep 0.02; done) & (sleep 1000; echo) & while true; do echo two; sleep 0.02; done");
  await waitFor("ticks of both", async () => /one[^]*two/.test(await cala.ok(["logs", "ticks"])));
  assert.is(await cala.ok(["pause", "ticks"]), "ticks");
  assert.is(await status("ticks"), "paused true");
  assert.match(await cala.ok(["ps", "--format", "{{.Status}}"]), /^Up .* \(Paused\)$/);
  assert.ok(stopped(await firstPid("ticks")).length >= 3);
  // What they wrote before may not have been read yet.
  const before = await waitFor("a log that grows no more", async () => {
    const [one, other] = [await cala.ok(["logs", "ticks"]), await cala.ok(["logs", "ticks"])];
    return one === other ? one : undefined;
  });
  await cala.ok(["unpause", "ticks"]);
  assert.is(await status("ticks"), "running false");
  await waitFor("more ticks", async () => (await cala.ok(["logs", "ticks"])).length > before.length + 40);
  await cala.ok(["rm", "-f", "-t", "0", "ticks"]);
});

test("processes that multiply while they are paused are all stopped", async () => {
  await start("fork", "n=0; while [ $n -lt 3 ]; do (while true; do sh -c 'true & true'; done) & n=$((n+1)); done; wait");
  const first = await firstPid("fork");
  for (let round = 0; round < 3; round++) {
    await cala.ok(["pause", "fork"]);
    const pids = stopped(first);
    assert.is(await status("fork"), "paused true");
    assert.equal(stopped(first), pids);
    await cala.ok(["unpause", "fork"]);
  }
  await cala.ok(["rm", "-f", "-t", "0", "fork"]);
});

test("a first process that goes on to fork until it is paused leaves none behind that runs", async () => {
  await start("parent", "while :; do sleep 0.3 & done");
  const first = await firstPid("parent");
  for (let round = 0; round < 3; round++) {
    await waitFor("children", () => tree(first).length > 20);
    await cala.ok(["pause", "parent"]);
    stopped(first);
    await cala.ok(["unpause", "parent"]);
  }
  await cala.ok(["rm", "-f", "-t", "0", "parent"]);
});

test("a paused container takes no exec and is not stopped, but killed and removed", async () => {
  await start("quiet", "trap 'exit 3' TERM; echo ready; while true; do sleep 0.05; done");
  await waitFor("its trap", async () => (await cala.ok(["logs", "quiet"])) === "ready");
  await cala.ok(["pause", "quiet"]);
  const refused = async (words: readonly string[], code: number): Promise<void> => {
    const end = await cala.run(words);
    assert.is(end.code, code, words.join(" "));
    assert.match(end.stderr, /it is paused: container state improper/);
  };
  await refused(["exec", "quiet", "true"], 255);
  await refused(["exec", "--env", "A=1", "quiet", "true"], 255);
  await refused(["pause", "quiet"], 125);
  await refused(["stop", "quiet"], 125);
  await refused(["restart", "quiet"], 125);
  await refused(["rm", "quiet"], 2);
  // A signal arrives when it goes on.
  await cala.ok(["kill", "--signal", "TERM", "quiet"]);
  assert.is(await status("quiet"), "paused true");
  await cala.ok(["unpause", "quiet"]);
  assert.is(await cala.ok(["wait", "quiet"]), "3");
  await cala.ok(["start", "quiet"]);
  await cala.ok(["pause", "quiet"]);
  await cala.ok(["kill", "quiet"]);
  assert.is(await cala.ok(["wait", "quiet"]), "137");
  await cala.ok(["start", "quiet"]);
  await cala.ok(["pause", "quiet"]);
  await cala.ok(["rm", "-f", "quiet"]);
});

test("an exec of before is paused, too", async () => {
  await start("busy", "sleep 1000");
  await cala.ok(["exec", "-d", "busy", "sh", "-c", "while true; do echo x >> /tmp/x; sleep 0.02; done"]);
  await waitFor("the first x", async () => (await cala.run(["exec", "busy", "test", "-s", "/tmp/x"])).code === 0);
  await cala.ok(["pause", "--all"]);
  const root = `/proc/${await cala.ok(["inspect", "--format", "{{.State.Pid}}", "busy"])}/root/tmp/x`;
  const size = await waitFor("a file that grows no more", async () => {
    const length = readFileSync(root).length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return readFileSync(root).length === length ? length : undefined;
  });
  await cala.ok(["unpause", "--filter", "name=busy"]);
  await waitFor("more", () => readFileSync(root).length > size);
  await cala.ok(["rm", "-f", "-t", "0", "busy"]);
});

test("what does not run is not paused, what is not paused not unpaused; without a namespace of processes there is an error", async () => {
  await cala.ok(["create", "--name", "idle", "--network", "none", "busybox", "true"]);
  for (const words of [["pause", "idle"], ["unpause", "idle"]] as const) assert.match((await cala.run(words)).stderr, /it is created: container state improper/);
  await cala.ok(["run", "-d", "--name", "host", "--network", "none", "--pid", "host", "busybox", "sleep", "1000"]);
  assert.match((await cala.run(["unpause", "host"])).stderr, /it is running: container state improper/);
  const end = await cala.run(["pause", "host"]);
  assert.match(end.stderr, /neither a pid namespace nor a control group/);
  assert.is(await status("host"), "running false");
  assert.is((await cala.run(["pause", "nothere"])).code, 125);
  await cala.ok(["rm", "-f", "-t", "0", "idle", "host"]);
});

test("an ordinary user's container cannot be saved, which is said with what is missing, and runs on", async () => {
  await start("saved", "sleep 1000");
  for (const words of [["checkpoint", "saved"], ["checkpoint", "--all", "--leave-running"], ["restore", "--import", "/nothing"]] as const) {
    const end = await cala.run(["container", ...words]);
    assert.is(end.code, 125);
    assert.match(end.stderr, words[0] === "restore" ? /^Error: .*(CRIU|"\/nothing")/ : /^Error: cannot checkpoint containers: .*(CRIU is not installed|CRIU [\d.]+ cannot|criu would lack cap_).*\nHint: /);
  }
  assert.match((await cala.run(["container", "checkpoint", "nothere"])).stderr, /no container with name/);
  assert.is(await status("saved"), "running false");
  await cala.ok(["rm", "-f", "-t", "0", "saved"]);
});

test("options of checkpoint and restore that do not go together are refused", async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["checkpoint", "--create-image", "saved", "x"], /an image cannot be made of a checkpoint/],
    [["checkpoint", "--ignore-rootfs", "x"], /need --export/],
    [["checkpoint", "--pre-checkpoint", "--export", "/x", "x"], /kept here/],
    [["checkpoint", "--pre-checkpoint", "--with-previous", "x"], /exclude each other/],
    [["checkpoint", "--export", "/x", "x", "y"], /takes one container/],
    [["restore"], /you must name a container, or an archive/],
    [["restore", "--pod", "p", "x"], /cannot be put into a pod/],
    [["restore", "--import-previous", "/x", "x"], /nothing to read/],
    [["restore", "--import", "/x", "x"], /an archive has its own container/],
    [["restore", "--name", "y", "x"], /--name can be used with --import only/],
    [["restore", "--publish", "80", "x"], /--publish can be used with --import only/],
  ];
  for (const [words, message] of cases) {
    const end = await cala.run(["container", ...words]);
    assert.is(end.code, 125, words.join(" "));
    assert.match(end.stderr, message);
  }
});

test.run();
