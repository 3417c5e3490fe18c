// deadline: 600 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { join } from "node:path";
import { readFileSync, writeFileSync } from "node:fs";
import { busyboxLayer } from "./harness/busybox.ts";
import { startRegistry } from "./harness/registry.ts";
import { runOk } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";

const { cala, registry } = await prepareSuite(test, "manifest", ["busybox", "configured"]);
const target = await startRegistry([], { empty: true });
test.after(async () => await target.stop());

interface Index {
  readonly mediaType: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly manifests: readonly { readonly digest: string; readonly platform: { readonly architecture: string; readonly variant?: string; readonly os: string }; readonly annotations?: Readonly<Record<string, string>> }[];
}

const inspect = async (name: string): Promise<Index> => JSON.parse(await cala.ok(["manifest", "inspect", name])) as Index;
const raw = async (name: string): Promise<Index> => JSON.parse((await runOk("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${name}`])).stdout) as Index;

test("a list of a local and a remote image is pushed whole, and each platform can be pulled", async () => {
  const list = `${target.address}/app:1`;
  writeFileSync(join(cala.home, "root.tar"), await busyboxLayer());
  await cala.ok(["import", "-q", "--arch", "arm64", "--variant", "v8", "--change", "CMD echo arm", join(cala.home, "root.tar"), "localhost/app-arm"]);
  assert.match(await cala.ok(["manifest", "create", list]), /^[0-9a-f]{64}$/);
  assert.is((await cala.run(["manifest", "exists", list])).code, 0);
  await cala.ok(["manifest", "add", list, "localhost/app-arm"]);
  await cala.ok(["manifest", "add", "--tls-verify=false", "--annotation", "org.example.from=elsewhere", list, `docker://${registry.reference("configured")}`]);
  const made = await inspect(list);
  assert.equal(made.manifests.map(({ platform }) => platform.architecture).sort(), ["amd64", "arm64"]);
  assert.is(made.manifests.find(({ platform }) => platform.architecture === "amd64")?.annotations?.["org.example.from"], "elsewhere");
  const file = join(cala.home, "digest");
  const digest = await cala.ok(["manifest", "push", "-q", "--tls-verify=false", "--digestfile", file, list]);
  assert.is(readFileSync(file, "utf8"), digest);
  const pushed = await raw(list);
  assert.is(pushed.mediaType, "application/vnd.oci.image.index.v1+json");
  assert.is(pushed.manifests.length, 2);
  await runOk("skopeo", ["--insecure-policy", "copy", "-q", "--multi-arch", "all", "--src-tls-verify=false", `docker://${list}`, `dir:${join(cala.home, "copied")}`]);
  await cala.ok(["rmi", "-a", "-f"]);
  await cala.ok(["pull", "-q", "--tls-verify=false", list]);
  assert.is(await cala.ok(["inspect", "--type", "image", "--format", "{{.Config.User}} {{.Architecture}}", list]), "app amd64");
  await cala.ok(["pull", "-q", "--tls-verify=false", "--platform", "linux/arm64", list]);
  assert.is(await cala.ok(["inspect", "--type", "image", "--format", "{{.Architecture}}", list]), "arm64");
});

test("annotate, remove, amend and rm change the list only", async () => {
  await cala.ok(["pull", "-q", "busybox"]);
  await cala.ok(["manifest", "create", "many", "busybox"]);
  assert.match((await cala.fails(["manifest", "create", "many"])).stderr, /there is a manifest list "localhost\/many:latest" already/);
  await cala.ok(["manifest", "create", "--amend", "--annotation", "stage=test", "many"]);
  const digest = (await inspect("many")).manifests[0]?.digest ?? "";
  await cala.ok(["manifest", "annotate", "--arch", "arm", "--variant", "v7", "--annotation", "a=b", "many", digest]);
  await cala.ok(["manifest", "annotate", "--index", "--annotation", "who=me", "many"]);
  await cala.ok(["manifest", "annotate", "--subject", "busybox", "many"]);
  const changed = await inspect("many");
  assert.equal(changed.annotations, { stage: "test", who: "me" });
  assert.equal(changed.manifests[0]?.platform, { architecture: "arm", os: "linux", variant: "v7" });
  assert.equal(changed.manifests[0]?.annotations, { a: "b" });
  assert.match((await cala.fails(["manifest", "annotate", "many", "configured"])).stderr, /has no image "configured"/);
  await cala.ok(["manifest", "remove", "many", "busybox"]);
  assert.equal((await inspect("many")).manifests, []);
  assert.is(await cala.ok(["manifest", "rm", "many"]), "Deleted: many");
  assert.is((await cala.run(["manifest", "exists", "many"])).code, 1);
  await cala.ok(["manifest", "rm", "--ignore", "many"]);
  assert.is((await cala.fails(["manifest", "rm", "many"])).code, 1);
  assert.is((await cala.run(["image", "exists", "busybox"])).code, 0);
  assert.match(await cala.ok(["system", "check", "-q"]), /^no damage/);
});

test.run();
