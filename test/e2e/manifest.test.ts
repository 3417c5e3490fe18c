import { test } from "uvu";
import * as assert from "uvu/assert";
import { join } from "node:path";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { digestOf } from "../../core/oci/digest.ts";
import { busyboxLayer } from "./harness/busybox.ts";
import { startRegistry } from "./harness/registry.ts";
import { run, runOk } from "./harness/spawn.ts";
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
  const [heading, named = "", ...platforms] = (await cala.ok(["images", "--tree", list])).split("\n");
  assert.match(heading ?? "", /^IMAGE +ID +DISK USAGE +CONTENT SIZE +EXTRA$/);
  assert.ok(named.startsWith(list), named);
  for (const { digest, platform: { architecture } } of pushed.manifests) {
    const here = architecture === "amd64" ? "[\\d.]+[kM]B" : "0B";
    const line = platforms.find((text) => text.includes(`linux/${architecture}`)) ?? "";
    assert.match(line, new RegExp(`^[├└]─ linux/${architecture}\\S* +${digest.slice(7, 19)} +${here} +${here}$`));
  }
  assert.is(await cala.ok(["inspect", "--type", "image", "--format", "{{.Config.User}} {{.Architecture}}", list]), "app amd64");
  await cala.ok(["pull", "-q", "--tls-verify=false", "--platform", "linux/arm64", list]);
  assert.is(await cala.ok(["inspect", "--type", "image", "--format", "{{.Architecture}}", list]), "arm64");
  await cala.ok(["create", "--name", "user", "--platform", "linux/arm64", list]);
  const both = (await cala.ok(["images", "--tree", list])).split("\n").filter((line) => line !== "").slice(1);
  assert.ok(both.every((line) => !/ 0B/.test(line)), both.join("\n"));
  assert.equal(both.map((line) => line.endsWith(" U")), both.map((line) => !line.includes("amd64")));
  await cala.ok(["rm", "user"]);
  assert.match((await cala.fails(["images", "--tree", "-q"])).stderr, /--quiet cannot be used together with --tree/);
});

test("a verbose inspection tells of every image what docker tells, of a list here, a list and an image in a registry, and an image here", async () => {
  const list = `${target.address}/app:1`;
  const verbose = async (name: string): Promise<unknown> => JSON.parse(await cala.ok(["manifest", "inspect", "-v", "--tls-verify=false", name]));
  const described = async (reference: string, name: string, said: object): Promise<unknown> => {
    const { stdout } = await runOk("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${name}`]);
    return { Ref: reference, Descriptor: { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: digestOf(stdout), size: stdout.length, ...said }, Raw: Buffer.from(stdout).toString("base64"), OCIManifest: JSON.parse(stdout) as unknown };
  };
  const remote = await raw(list);
  const entries = await Promise.all(remote.manifests.map(async ({ digest, platform, annotations }) => await described(`${list}@${digest}`, `${target.address}/app@${digest}`, { platform, ...(annotations === undefined ? {} : { annotations }) })));
  assert.equal(await verbose(`docker://${list}`), entries);
  const image = registry.reference("configured");
  const one = await described(`${image}:latest`, image, { platform: { architecture: "amd64", os: "linux" } });
  assert.equal(await verbose(`docker://${image}`), one);
  await cala.ok(["pull", "-q", image]);
  assert.equal(await verbose(image), one);
  await cala.ok(["manifest", "create", "verbose", image]);
  await cala.ok(["manifest", "add", "--tls-verify=false", "verbose", `docker://${registry.reference("busybox")}`]);
  const here = await verbose("verbose") as { readonly Ref: string; readonly OCIManifest: unknown }[];
  assert.equal(here[0]?.OCIManifest, (one as { readonly OCIManifest: unknown }).OCIManifest);
  assert.equal(here.map(({ OCIManifest }) => OCIManifest), [await raw(image), await raw(registry.reference("busybox"))]);
  const busybox = registry.reference("busybox");
  const ofList = async (...words: readonly string[]): Promise<{ readonly Ref: string; readonly Descriptor: { readonly platform: object } }> => JSON.parse(await cala.ok(["manifest", "inspect", "--tls-verify=false", ...words])) as never;
  assert.equal(await ofList("verbose", image), await raw(image));
  assert.equal(await ofList("verbose", busybox), await raw(busybox));
  await cala.ok(["manifest", "annotate", "--variant", "v3", "verbose", `docker://${busybox}`]);
  const annotated = await ofList("-v", "verbose", (await inspect("verbose")).manifests[1]?.digest ?? "");
  assert.match(annotated.Ref, /^localhost\/verbose:latest@sha256:/);
  assert.equal(annotated.Descriptor.platform, { architecture: "amd64", os: "linux", variant: "v3" });
  assert.match((await cala.fails(["manifest", "inspect", "verbose", "nothing"])).stderr, /list "localhost\/verbose:latest" has no image "nothing"/);
  assert.match((await cala.fails(["manifest", "inspect", "nothing", busybox])).stderr, /no manifest list "nothing" here/);
  await cala.ok(["manifest", "rm", "verbose"]);
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

test("a list shows among the images, keeps its images from prune, and rmi removes it alone", async () => {
  await cala.ok(["pull", "-q", "busybox"]);
  const id = await cala.ok(["manifest", "create", "shown", "busybox"]);
  assert.match(await cala.ok(["images", "shown"]), new RegExp(`^REPOSITORY[^\\n]*\\nlocalhost/shown +latest +${id.slice(0, 12)} `));
  assert.is(await cala.ok(["images", "-q", "--no-trunc", "--filter", "manifest=true"]), `sha256:${id}`);
  assert.is((JSON.parse(await cala.ok(["images", "--format", "json", "shown"])) as { readonly IsManifestList: boolean }[])[0]?.IsManifestList, true);
  assert.is((await inspect(id.slice(0, 12))).manifests.length, 1);
  assert.match((await cala.fails(["manifest", "create", registry.reference("busybox")])).stderr, /is the name of an image/);
  await cala.ok(["untag", "busybox"]);
  await cala.ok(["image", "prune", "-a", "-f"]);
  assert.is((await cala.ok(["images", "-q", "--filter", "manifest=false"])).split("\n").length, 1);
  assert.is(await cala.ok(["rmi", "shown"]), `Untagged: localhost/shown:latest\nDeleted: ${id}`);
  assert.is((await cala.run(["manifest", "exists", "shown"])).code, 1);
  await cala.ok(["image", "prune", "-a", "-f"]);
  assert.is(await cala.ok(["images", "-q"]), "");
  await cala.ok(["manifest", "create", "last"]);
  assert.match(await cala.ok(["rmi", "--all"]), /Untagged: localhost\/last:latest/);
});

test("run and create take the image of a list for the platform, here or in a registry", async () => {
  await cala.ok(["pull", "-q", "busybox"]);
  await cala.ok(["manifest", "create", "both", "busybox"]);
  await cala.ok(["manifest", "add", "--arch", "arm64", "both", "localhost/app-arm"]).catch(async () => {
    await cala.ok(["import", "-q", "--arch", "arm64", "--change", "CMD echo arm", join(cala.home, "root.tar"), "localhost/app-arm"]);
    return await cala.ok(["manifest", "add", "both", "localhost/app-arm"]);
  });
  assert.is(await cala.ok(["run", "--rm", "--network", "none", "--pull", "never", "both", "echo", "here"]), "here");
  assert.is(await cala.ok(["create", "--name", "listed", "--network", "none", "both", "true"]).then(async () => await cala.ok(["ps", "-a", "--format", "{{.Image}}"])), "localhost/both:latest");
  await cala.ok(["create", "--name", "other", "--platform", "linux/arm64", "--network", "none", "both"]);
  assert.is(await cala.ok(["image", "inspect", "--format", "{{.Architecture}}", await cala.ok(["inspect", "--format", "{{.Image}}", "other"])]), "arm64");
  assert.match((await cala.fails(["create", "--platform", "linux/s390x", "both"])).stderr, /manifest list "localhost\/both:latest" has no image for linux\/s390x/);
  await cala.ok(["rm", "-f", "-a"]);
  await cala.ok(["manifest", "create", "away"]);
  await cala.ok(["manifest", "add", "--tls-verify=false", "away", `docker://${registry.reference("configured")}`]);
  await cala.ok(["rmi", "-f", "-i", registry.reference("configured")]);
  assert.is(await cala.ok(["run", "--rm", "--network", "none", "--entrypoint", "echo", "away", "fetched"]), "fetched");
  await cala.ok(["rmi", "-f", "-a"]);
});

test("--platform of commands on images that are here means: only if it is for that one", async () => {
  writeFileSync(join(cala.home, "root.tar"), await busyboxLayer());
  await cala.ok(["import", "-q", "--platform", "linux/arm64/v8", join(cala.home, "root.tar"), "localhost/for-arm"]);
  assert.is(await cala.ok(["image", "inspect", "--platform", "linux/arm64", "--format", "{{.Os}}/{{.Architecture}}/{{.Variant}}", "localhost/for-arm"]), "linux/arm64/v8");
  const archive = join(cala.home, "for-arm.tar");
  for (const words of [["history"], ["image", "inspect"], ["save", "-q", "-o", archive], ["push", "-q", "--tls-verify=false"], ["rmi"]]) {
    const [command = "", ...rest] = words[0] === "image" ? ["image", "inspect"] : words;
    const refused = await cala.fails([command, ...rest, "--platform", "linux/amd64", "localhost/for-arm"]);
    assert.match(refused.stderr, /image "localhost\/for-arm" here is for linux\/arm64\/v8, not for linux\/amd64/, words.join(" "));
  }
  await cala.ok(["save", "-q", "--format", "oci-archive", "-o", archive, "--platform", "arm64", "localhost/for-arm"]);
  await cala.ok(["rmi", "-i", "--platform", "linux/arm64", "localhost/no-such", "localhost/for-arm"]);
  assert.match(await cala.ok(["load", "-q", "-i", archive, "--platform", "linux/arm64"]), /Loaded image: localhost\/for-arm/);
  await cala.ok(["rmi", "-f", "-a"]);
});

test("push --all-tags sends every tag of a repository and no other; docker's --insecure and --purge of lists", async () => {
  await cala.ok(["pull", "-q", "busybox"]);
  const repository = `${target.address}/all/tags`;
  for (const tag of ["1", "2", "latest"]) await cala.ok(["tag", "busybox", `${repository}:${tag}`]);
  await cala.ok(["tag", "busybox", `${repository}-not:1`]);
  await cala.ok(["push", "-q", "--all-tags", "--tls-verify=false", repository]);
  const tags = JSON.parse((await runOk("skopeo", ["list-tags", "--tls-verify=false", `docker://${repository}`])).stdout) as { readonly Tags: readonly string[] };
  assert.equal([...tags.Tags].sort(), ["1", "2", "latest"]);
  assert.is.not((await run("skopeo", ["list-tags", "--tls-verify=false", `docker://${repository}-not`])).code, 0);
  assert.match((await cala.fails(["push", "--all-tags", `${repository}:1`])).stderr, /has a tag, and all tags were asked for/);
  assert.match((await cala.fails(["push", "--all-tags", repository, `${target.address}/other`])).stderr, /--all-tags can be used neither with a destination/);
  assert.match((await cala.fails(["push", "--all-tags", `${target.address}/nothing`])).stderr, /there is no image of the repository/);
  const list = `${target.address}/insecure:1`;
  await cala.ok(["manifest", "create", "--insecure", list, `docker://${repository}:1`]);
  await cala.ok(["manifest", "push", "-q", "--insecure", "--purge", list]);
  assert.is((await cala.run(["manifest", "exists", list])).code, 1);
  assert.match(await cala.ok(["manifest", "inspect", "--insecure", `docker://${list}`]), /"manifests"/);
  await cala.ok(["rmi", "-f", "-a"]);
});

test("files are added to a list as an artifact, pushed with it, and go with it", async () => {
  await cala.ok(["pull", "-q", "busybox"]);
  const list = `${target.address}/with-artifact:1`;
  const [sbom, settings] = [join(cala.home, "sbom.json"), join(cala.home, "settings.json")] as const;
  writeFileSync(sbom, '{"spdx":1}');
  writeFileSync(settings, '{"made":"by hand"}');
  await cala.ok(["manifest", "create", list, "busybox"]);
  assert.match((await cala.fails(["manifest", "add", "--artifact-type", "a/b", list, sbom])).stderr, /need --artifact/);
  assert.match((await cala.fails(["manifest", "add", "--artifact", list, "/nowhere"])).stderr, /"\/nowhere" cannot be added/);
  const options = ["--artifact-type", "application/spdx+json", "--artifact-config", settings, "--artifact-config-type", "application/json", "--artifact-layer-type", "text/spdx", "--artifact-subject", "busybox", "--annotation", "a=b"];
  await cala.ok(["manifest", "add", "--artifact", ...options, list, sbom]);
  await cala.ok(["manifest", "add", "--artifact", "--artifact-exclude-titles", list, settings]);
  const made = await inspect(list) as unknown as { readonly manifests: readonly { readonly artifactType?: string; readonly platform?: object; readonly annotations?: object; readonly digest: string }[] };
  assert.equal(made.manifests.slice(1).map(({ artifactType, platform, annotations }) => [artifactType, platform, annotations]), [["application/spdx+json", undefined, { a: "b" }], ["application/vnd.unknown.artifact.v1", undefined, undefined]]);
  await cala.ok(["image", "prune", "-f"]);
  assert.match(await cala.ok(["system", "check"]), /^no damage/);
  await cala.ok(["manifest", "push", "-q", "--tls-verify=false", "--rm", list]);
  assert.equal(readdirSync(join(cala.root, "data/artifacts/blobs")), []);
  const pushed = async (digest: string): Promise<Record<string, unknown>> => JSON.parse((await runOk("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${target.address}/with-artifact@${digest}`])).stdout) as Record<string, unknown>;
  const first = await pushed(made.manifests[1]?.digest ?? "");
  assert.is(first["artifactType"], "application/spdx+json");
  assert.is((first["subject"] as { readonly digest: string }).digest, made.manifests[0]?.digest);
  assert.is((first["config"] as { readonly mediaType: string }).mediaType, "application/json");
  assert.equal((first["layers"] as readonly { readonly mediaType: string; readonly annotations?: object }[]).map(({ mediaType, annotations }) => [mediaType, annotations]), [["text/spdx", { "org.opencontainers.image.title": "sbom.json" }]]);
  const second = await pushed(made.manifests[2]?.digest ?? "");
  assert.is((second["layers"] as readonly { readonly annotations?: object }[])[0]?.annotations, undefined);
  await cala.ok(["pull", "-q", "--tls-verify=false", list]);
});

test("what push signs: a list with everything in it, an artifact, an image by a file of parameters; what it cannot sign with is told", async () => {
  const key = join(cala.home, "key.pem");
  const parameters = join(cala.home, "signing.yaml");
  await runOk("openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key]);
  writeFileSync(parameters, `privateKeyFile: ${key}\n`);
  const signedAt = async (repository: string, digest: string): Promise<boolean> => (await run("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${target.address}/${repository}:${digest.replace(":", "-")}.sig`])).code === 0;
  await cala.ok(["pull", "-q", "busybox"]);
  const list = `${target.address}/signed:1`;
  await cala.ok(["manifest", "create", list, "busybox"]);
  const digest = await cala.ok(["manifest", "push", "-q", "--tls-verify=false", "--sign-by-sigstore-private-key", key, list]);
  const pushed = await raw(list);
  assert.equal(await Promise.all([digest, pushed.manifests[0]?.digest ?? ""].map((each) => signedAt("signed", each))), [true, true]);
  writeFileSync(join(cala.home, "file"), "content");
  const artifact = `${target.address}/signed-artifact:1`;
  await cala.ok(["artifact", "add", artifact, join(cala.home, "file")]);
  assert.ok(await signedAt("signed-artifact", await cala.ok(["artifact", "push", "-q", "--tls-verify=false", "--sign-by-sigstore", parameters, artifact])));
  const digestFile = join(cala.home, "signed-digest");
  await cala.ok(["push", "-q", "--tls-verify=false", "--sign-by-sigstore", parameters, "--digestfile", digestFile, "busybox", `${target.address}/signed-image:1`]);
  assert.ok(await signedAt("signed-image", readFileSync(digestFile, "utf8")));
  writeFileSync(parameters, `privateKeyFile: ${key}\nrekorURL: https://rekor.example\n`);
  const refused = async (options: readonly string[]): Promise<string> => (await cala.fails(["push", "-q", "--tls-verify=false", ...options, "busybox", `${target.address}/unsigned:1`])).stderr;
  assert.match(await refused(["--sign-by-sigstore", parameters]), /Fulcio or Rekor, which are not supported/);
  assert.match(await refused(["--sign-by-sigstore", "/nowhere"]), /cannot be read/);
  assert.match(await refused(["--sign-by-sq-fingerprint", "ABCD"]), /refused: keys of Sequoia/);
  assert.match(await refused(["--encrypt-layer", "0"]), /refused: layers are not encrypted/);
  assert.match((await cala.fails(["pull", "-q", "--decryption-key", "k", "busybox"])).stderr, /encrypted layers are not supported/);
  assert.not(await signedAt("unsigned", digest));
  await cala.ok(["rmi", "-a", "-f"]);
  await cala.ok(["artifact", "rm", "--all"]);
});

test.run();
