import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";

const { cala, registry } = await prepareSuite(test, "trust", ["busybox"]);

test("trust set writes the user's policy, show tells it, and pull obeys", async () => {
  assert.match(await cala.ok(["image", "trust", "show"]), /^TRANSPORT +NAME +TYPE +KEYS\nall +default +accept/);
  await cala.ok(["image", "trust", "set", "--type", "reject", registry.address]);
  const file = join(cala.home, ".config/containers/policy.json");
  assert.is((JSON.parse(readFileSync(file, "utf8")) as { transports: { docker: Record<string, { type: string }[]> } }).transports.docker[registry.address]?.[0]?.type, "reject");
  assert.match(await cala.ok(["image", "trust", "show", "-n", `${registry.address}/busybox`]), /^repository +127\.0\.0\.1:\d+ +reject/);
  assert.is((JSON.parse(await cala.ok(["image", "trust", "show", "--json"])) as object[]).length, 2);
  assert.is(await cala.ok(["image", "trust", "show", "--raw"]), readFileSync(file, "utf8").trimEnd());
  assert.match((await cala.fails(["pull", "-q", "busybox"])).stderr, /is rejected by the signature policy/);
  await cala.ok(["image", "trust", "set", "--type", "accept", registry.address]);
  await cala.ok(["pull", "-q", "busybox"]);
  assert.match((await cala.fails(["image", "trust", "set", registry.address])).stderr, /--type signedBy needs --pubkeysfile/);
  assert.match((await cala.fails(["image", "trust", "set", "-f", "/nowhere", registry.address])).stderr, /there is no key file "\/nowhere"/);
});

test("image scp sends an image to another machine and fetches one from there", async () => {
  await cala.ok(["pull", "-q", "busybox"]);
  await cala.ok(["tag", "busybox", "localhost/travels:1"]);
  // ssh as this test has it: the words run here, with another store.
  const bin = join(cala.home, "fake-bin");
  const other = join(cala.home, "other");
  mkdirSync(bin);
  writeFileSync(join(bin, "ssh"), `#!/bin/sh\n[ "$1" = me@server ] || exit 255\nCALA_ROOT=${other} PATH=${join(cala.root, "bin")}:/usr/bin:/bin exec sh -c "$2"\n`);
  chmodSync(join(bin, "ssh"), 0o755);
  const env = { PATH: `${bin}:${process.env["PATH"] ?? ""}` };
  await cala.ok(["image", "scp", "-q", "localhost/travels:1", "me@server::"], { env });
  assert.is((await cala.run(["--root", other, "image", "exists", "localhost/travels:1"])).code, 0);
  await cala.ok(["rmi", "-a", "-f"]);
  assert.is(await cala.ok(["image", "scp", "-q", "me@server::localhost/travels:1"], { env }), "Loaded image: localhost/travels:1");
  assert.is((await cala.fails(["image", "scp", "-q", "me@server::nothing"], { env })).code, 125);
  assert.match((await cala.fails(["image", "scp", "a", "b"])).stderr, /exactly one side must be another machine/);
  assert.ok(existsSync(other));
  await cala.ok(["--root", other, "system", "reset", "-f"]);
});

test.run();
