import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fixtureLayout } from "./harness/fixture-images.ts";
import { runOk } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "transports", ["busybox"]);
const none = ["run", "--rm", "--network", "none"] as const;
const at = (name: string): string => join(cala.home, name);

test("push writes archives and directories that skopeo reads, under the name given", async () => {
  await cala.ok(["pull", "-q", "busybox"]);
  for (const [destination, source] of [[`oci:${at("layout")}:v1`, `oci:${at("layout")}:v1`], [`oci-archive:${at("oci.tar")}:v2`, `oci-archive:${at("oci.tar")}:v2`], [`docker-archive:${at("docker.tar")}:team/box:v3`, `docker-archive:${at("docker.tar")}:team/box:v3`], [`dir:${at("dir")}`, `dir:${at("dir")}`]] as const) {
    await cala.ok(["push", "-q", "busybox", destination]);
    const config = JSON.parse((await runOk("skopeo", ["inspect", "--config", source])).stdout) as { architecture: string };
    assert.ok(config.architecture.length > 0, source);
  }
});

test("run and create take an image from an archive or a directory", async () => {
  await cala.ok(["rmi", "-f", "busybox"]);
  assert.is(await cala.ok([...none, `docker-archive:${at("docker.tar")}`, "echo", "archive"]), "archive");
  assert.is(await cala.ok([...none, "docker.io/team/box:v3", "echo", "named"]), "named");
  await cala.ok(["rmi", "-a", "-f"]);
  assert.is(await cala.ok([...none, `oci:${at("layout")}:v1`, "echo", "layout"]), "layout");
  assert.is(await cala.ok([...none, `oci-archive:${at("oci.tar")}`, "echo", "oci"]), "oci");
  assert.is(await cala.ok([...none, `dir:${at("dir")}`, "echo", "directory"]), "directory");
  await cala.ok(["create", "--name", "made", "--network", "none", `oci:${(await fixtureLayout("busybox")).dir}:latest`, "true"]);
  await cala.ok(["rm", "made"]);
  assert.match((await cala.fails([...none, "--pull", "never", `dir:${at("dir")}`, "true"])).stderr, /the policy is not to pull it/);
});

test("daemons and unknown places are refused with a way that works", async () => {
  assert.match((await cala.fails(["pull", "docker-daemon:app:1"])).stderr, /cala talks to no daemon\nHint: docker save app:1 \| cala load/);
  assert.match((await cala.fails([...none, "docker-daemon:app:1"])).stderr, /cala talks to no daemon/);
  assert.match((await cala.fails(["push", `dir:${at("dir")}`, "docker-daemon:app:1"])).stderr, /refused as a destination/);
  assert.match((await cala.fails(["pull", "ostree:app"])).stderr, /"ostree:" is not supported/);
  assert.match((await cala.fails(["pull", `docker-archive:${at("docker.tar")}:other`])).stderr, /contains no image "other"/);
  assert.match((await cala.fails(["pull", `oci:${at("nothing")}`])).stderr, /cannot be read/);
});

test.run();
