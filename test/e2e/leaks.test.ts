import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { leaksBelow, processIds } from "./harness/leaks.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "leaks", ["busybox", "configured"]);

test("after rm -f of everything no process, mount, directory, socket or port is left", async () => {
  const before = processIds();
  await cala.ok(["run", "-d", "--name", "served", "-p", "127.0.0.1::8000", "busybox", "payload", "peer", "8000"]);
  const port = Number((await cala.ok(["port", "served", "8000"])).split(":")[1]);
  assert.ok(port > 0);
  await cala.ok(["run", "-d", "--name", "volumes", "--network", "none", "-v", "named:/a", "--tmpfs", "/b", "configured", "signals"]);
  await cala.ok(["run", "-d", "-t", "--name", "terminal", "--network", "none", "busybox", "sh"]);
  await cala.ok(["create", "--name", "never-started", "--network", "none", "busybox", "true"]);
  await cala.run(["run", "--name", "failed", "--network", "none", "busybox", "no-such-command"]);
  await cala.ok(["rm", "-f", "-t", "0", "-a"]);
  await waitFor("an end of everything", () => leaksBelow(cala.root, before).length === 0, 60_000).catch(() => {});
  assert.equal(leaksBelow(cala.root, before), []);
  assert.equal(readdirSync(`${cala.root}/data/containers`), []);
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.on("error", reject).listen(port, "127.0.0.1", resolve));
  server.close();
});

test("fifty runs with --rm leave the store as it was", async () => {
  const before = processIds();
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(Array.from({ length: 10 }, async () => await cala.ok(["run", "--rm", "--network", "none", "busybox", "true"])));
  }
  await waitFor("an end of everything", () => leaksBelow(cala.root, before).length === 0, 60_000).catch(() => {});
  assert.equal(leaksBelow(cala.root, before), []);
});

test.run();
