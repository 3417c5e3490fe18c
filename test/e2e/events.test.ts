import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "events");
const told = async (name: string): Promise<string[]> =>
  (await cala.ok(["events", "--stream=false", "--filter", `container=${name}`, "--format", "{{.Status}}"])).split("\n");

test("the life of a container is told in order, by whoever did it", async () => {
  const id = await cala.ok(["run", "-d", "--name", "one", "--network", "none", "--label", "tier=front", "busybox", "sleep", "1000"]);
  await cala.ok(["exec", "one", "true"]);
  await cala.ok(["pause", "one"]);
  await cala.ok(["unpause", "one"]);
  await cala.ok(["kill", "-s", "KILL", "one"]);
  await cala.ok(["wait", "one"]);
  await cala.ok(["rename", "one", "other"]);
  await cala.ok(["start", "other"]);
  await cala.ok(["stop", "-t", "0", "other"]);
  await cala.ok(["rm", "other"]);
  const statuses = await cala.ok(["events", "--stream=false", "--filter", `container=${id}`, "--format", "{{.Status}} {{.Name}}"]);
  assert.equal(statuses.split("\n"), [
    "create one", "start one", "exec one", "exec_died one", "pause one", "unpause one", "kill one", "died one",
    "rename other", "start other", "died other", "stop other", "remove other",
  ]);
  const died = JSON.parse((await cala.ok(["events", "--stream=false", "--filter", "event=died", "--format", "json"])).split("\n")[0] ?? "") as Record<string, unknown>;
  assert.equal([died["ID"], died["Type"], died["Status"], died["ContainerExitCode"], died["Attributes"]], [id, "container", "died", 137, { tier: "front" }]);
  assert.match(await cala.ok(["events", "--stream=false", "--filter", "event=kill"]), new RegExp(`^\\d{4}-\\d\\d-\\d\\d .* UTC container kill ${id} \\(image=.*busybox.*, name=one, signal=9, tier=front\\)$`));
  assert.is((await cala.ok(["events", "--stream=false", "--filter", "label=tier=back"])), "");
});

test("--rm and a foreground run are told, too", async () => {
  await cala.ok(["run", "--rm", "--name", "short", "--network", "none", "busybox", "true"]);
  const statuses = await told("short");
  assert.equal(statuses.filter((status) => status !== "attach"), ["create", "start", "died", "remove"]);
  assert.ok(statuses.includes("attach"));
});

test("a stream tells of what comes, and ends with what it is asked to end with", async () => {
  const stream = cala.start(["events", "--format", "{{.Status}} {{.Name}}", "--filter", "container=live"]);
  const lines: Buffer[] = [];
  stream.stdout?.on("data", (bytes: Buffer) => lines.push(bytes));
  // Whether it reads already cannot be seen: containers come until one is told of.
  await waitFor("an event", async () => {
    await cala.ok(["run", "--rm", "--name", "live", "--network", "none", "busybox", "true"]);
    return Buffer.concat(lines).toString().includes("remove live");
  }, 60_000);
  const ended = new Promise<void>((resolve) => stream.once("close", () => resolve()));
  stream.kill("SIGTERM");
  await ended;
});

test("images, volumes and networks are told of", async () => {
  const file = join(cala.home, "image.tar");
  await cala.ok(["tag", "busybox", "mine:1"]);
  await cala.ok(["save", "-q", "-o", file, "mine:1"]);
  await cala.ok(["untag", "busybox", "mine:1"]);
  await cala.ok(["load", "-q", "-i", file]);
  await cala.ok(["rmi", "mine:1"]);
  await cala.ok(["volume", "create", "data"]);
  await cala.ok(["volume", "rm", "data"]);
  await cala.ok(["network", "create", "lan"]);
  await cala.ok(["network", "rm", "lan"]);
  const told = async (type: string): Promise<string[]> => (await cala.ok(["events", "--stream=false", "--filter", `type=${type}`, "--format", "{{.Status}} {{.Name}}"])).split("\n");
  const images = await told("image");
  assert.match(images[0] ?? "", /^pull .*busybox:latest$/);
  assert.equal(images.slice(1), ["tag localhost/mine:1", "save localhost/mine:1", "untag localhost/mine:1", "loadfromarchive localhost/mine:1", "untag localhost/mine:1"]);
  assert.equal(await told("volume"), ["create data", "remove data"]);
  assert.equal(await told("network"), ["create lan", "remove lan"]);
});

test("with --events-backend none nothing is noted, and asking for events is an error that says so", async () => {
  await cala.ok(["--events-backend", "none", "run", "--rm", "--name", "unseen", "--network", "none", "busybox", "true"]);
  assert.is(await cala.ok(["events", "--stream=false", "--filter", "container=unseen"]), "");
  assert.match((await cala.fails(["--events-backend", "none", "events", "--stream=false"])).stderr, /nothing is noted/);
  await cala.ok(["--events-backend=file", "run", "--rm", "--name", "seen", "--network", "none", "busybox", "true"]);
  assert.match(await cala.ok(["events", "--stream=false", "--filter", "container=seen"]), /seen/);
  assert.match((await cala.fails(["--runtime", "crun", "ps"])).stderr, /starts containers by itself/);
});

test.run();
