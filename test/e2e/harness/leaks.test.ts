// runs: beside others
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { leaksBelow, processIds } from "./leaks.ts";
import { cacheFolder } from "./places.ts";
import { waitFor } from "./wait-for.ts";

test("processes, sockets and directories that are left are found, and nothing else", async () => {
  const root = mkdtempSync(join(cacheFolder("roots"), "leaks-"));
  const before = processIds();
  assert.equal(leaksBelow(root, before), []);
  const child = spawn("sleep", ["60"], { env: { CALA_ROOT: root } });
  const server = createServer().listen(join(root, "attach"));
  await new Promise((resolve) => server.on("listening", resolve));
  mkdirSync(join(root, "data/containers/abc"), { recursive: true });
  // The kernel tells of an exec a moment before the new program's environment can be read.
  const leaks = await waitFor("the child's environment", () => {
    const found = leaksBelow(root, before);
    return found.some((leak) => leak.startsWith("process")) && found;
  });
  child.kill("SIGKILL");
  server.close();
  rmSync(root, { recursive: true });
  assert.is(leaks.length, 3, leaks.join("\n"));
  assert.match(leaks.join("\n"), new RegExp(`process ${child.pid} .*by its environ`));
  assert.match(leaks.join("\n"), /socket .*attach/);
  assert.match(leaks.join("\n"), /data\/containers\/abc/);
});

test.run();
