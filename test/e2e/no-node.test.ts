import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "no-node");

/** Node processes that belong to this private cala. */
function nodes(): number[] {
  return readdirSync("/proc").map(Number).filter((pid) => {
    try {
      return pid > 0 && /\/node[^/]*$/.test(readlinkSync(`/proc/${pid}/exe`)) && readFileSync(`/proc/${pid}/environ`, "latin1").includes(`CALA_ROOT=${cala.root}`);
    } catch {
      return false;
    }
  });
}

test("no Node lives after run -d has returned", async () => {
  await cala.ok(["run", "-d", "--name", "idle", "--network", "none", "busybox", "sleep", "100"]);
  assert.equal(nodes(), []);
  await cala.ok(["rm", "-f", "-t", "0", "idle"]);
});

test("no Node lives during a foreground run, and none is started at its end, --rm included", async () => {
  const child = cala.start(["run", "--rm", "-i", "--network", "none", "busybox", "sh", "-c", "echo up; read line"]);
  let output = "";
  child.stdout?.on("data", (text: Buffer) => { output += text.toString(); });
  await waitFor("the container's first words", () => output.includes("up"));
  await waitFor("an end of Node", () => nodes().length === 0);
  let seen = 0;
  const watch = setInterval(() => { seen += nodes().length; }, 2);
  const ended = new Promise((resolve) => child.on("close", resolve));
  child.stdin?.end("bye\n");
  assert.is(await ended, 0);
  await waitFor("the container to be gone", async () => readdirSync(`${cala.root}/data/containers`).length === 0);
  clearInterval(watch);
  assert.is(seen, 0);
});

test("a container survives its command line being killed, and its exit is recorded", async () => {
  const child = cala.start(["run", "--name", "orphan", "--network", "none", "busybox", "sh", "-c", "echo up; while [ ! -e /stop ]; do sleep 0.05; done; exit 4"]);
  let output = "";
  child.stdout?.on("data", (text: Buffer) => { output += text.toString(); });
  await waitFor("the container's first words", () => output.includes("up"));
  child.kill("SIGKILL");
  assert.is(await cala.ok(["inspect", "--format", "{{.State.Running}}", "orphan"]), "true");
  await cala.ok(["exec", "orphan", "touch", "/stop"]);
  assert.is(await cala.ok(["wait", "orphan"]), "4");
  await cala.ok(["rm", "orphan"]);
});

test.run();
