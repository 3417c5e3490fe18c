// deadline: 240 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";
import { nodeProgram } from "./harness/debian.ts";
import { prepareSuite } from "./harness/suite.ts";

const node = await nodeProgram(22).catch(() => undefined);
needs("Node 22 from the npm registry", node !== undefined);

const { cala } = await prepareSuite(test, "node22");
const env = { CALA_NODE: node };

test("a container's life works with Node 22", async () => {
  assert.is(await cala.ok(["run", "--rm", "--network", "none", "busybox", "echo", "x"], { env }), "x");
  await cala.ok(["run", "-d", "--name", "life", "--network", "none", "busybox", "sleep", "100"], { env });
  assert.is(await cala.ok(["exec", "life", "echo", "y"], { env }), "y");
  assert.match(await cala.ok(["ps"], { env }), /life/);
  await cala.ok(["stop", "-t", "0", "life"], { env });
  await cala.ok(["rm", "life"], { env });
  assert.match(await cala.ok(["info", "--format", "json"], { env }), /^\{/);
});

test.run();
