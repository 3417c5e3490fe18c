import { createServer } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { firstChosenByKernel, freePort } from "./free-port.ts";

test("free ports differ, are not among those that the kernel chooses, and are not those of somebody else", async () => {
  const ports = [await freePort(), await freePort()];
  assert.is(new Set(ports).size, 2);
  for (const port of ports) assert.ok(port >= 1024 && port < firstChosenByKernel(), String(port));
  const next = Math.max(...ports) + 1;
  const holder = createServer();
  await new Promise<void>((resolve) => holder.once("error", () => resolve()).listen(next, "127.0.0.1", resolve));
  assert.is.not(await freePort(), next);
  holder.close();
});

test.run();
