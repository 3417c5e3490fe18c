import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isInsecureHost, loadRegistriesConfig, parseRegistriesConfig, pullSources } from "../../../core/config/registries-conf.ts";
import { formatReference, parseReference } from "../../../core/oci/reference.ts";

const text = `
unqualified-search-registries = ["one.example", "two.example"]
[[registry]]
prefix = "docker.io"
location = "mirror.example/hub"
[[registry.mirror]]
location = "near.example:5000/cache"
insecure = true
[[registry.mirror]]
location = "digests.example"
pull-from-mirror = "digest-only"
[[registry]]
location = "bad.example"
blocked = true
[[registry]]
prefix = "*.wild.example"
location = "tame.example"
[[registry]]
location = "localhost:5000"
insecure = true
[aliases]
"fedora" = "registry.fedoraproject.org/fedora"
`;

const sources = async (name: string) => pullSources(await parseRegistriesConfig(text, "f"), parseReference(name)).map((source) => `${formatReference(source.reference)}${source.insecure ? " insecure" : ""}`);

test("search registries and aliases", async () => {
  const config = await parseRegistriesConfig(text, "f");
  assert.equal(config.searchRegistries, ["one.example", "two.example"]);
  assert.is(config.aliases.get("fedora"), "registry.fedoraproject.org/fedora");
});
test("mirrors first, then the rewritten location", async () => {
  assert.equal(await sources("ubuntu:1"), ["near.example:5000/cache/library/ubuntu:1 insecure", "mirror.example/hub/library/ubuntu:1"]);
});
test("a mirror for digests only", async () => {
  const digest = `sha256:${"a".repeat(64)}`;
  assert.equal(await sources(`ubuntu@${digest}`), [`near.example:5000/cache/library/ubuntu@${digest} insecure`, `digests.example/library/ubuntu@${digest}`, `mirror.example/hub/library/ubuntu@${digest}`]);
});
test("blocked registries are refused", async () => {
  const config = await parseRegistriesConfig(text, "f");
  assert.throws(() => pullSources(config, parseReference("bad.example/x")), (error: { code?: string }) => error.code === "registry-blocked");
  assert.is((await sources("bad.example.org/x"))[0], "bad.example.org/x:latest");
});
test("wildcards stand for subdomains", async () => assert.equal(await sources("a.b.wild.example/x:1"), ["tame.example/x:1"]));
test("ports are part of the host", async () => {
  assert.equal(await sources("localhost:5000/x"), ["localhost:5000/x:latest insecure"]);
  assert.equal(await sources("localhost:50001/x"), ["localhost:50001/x:latest"]);
});
test("lists of version 1", async () => {
  const old = await parseRegistriesConfig('[registries.search]\nregistries = ["s.example"]\n[registries.insecure]\nregistries = ["i.example"]\n[registries.block]\nregistries = ["b.example"]\n', "f");
  assert.equal(old.searchRegistries, ["s.example"]);
  assert.equal(pullSources(old, parseReference("i.example/x")).map((source) => source.insecure), [true]);
  assert.throws(() => pullSources(old, parseReference("b.example/x")), (error: { code?: string }) => error.code === "registry-blocked");
  assert.ok(isInsecureHost(old, "i.example"));
  assert.not.ok(isInsecureHost(old, "s.example"));
});
test("an empty alias takes one back; podman's own choices are known", async () => {
  const home = mkdtempSync(join(tmpdir(), "cala-aliases-"));
  try {
    const put = (path: string, content: string): void => {
      mkdirSync(join(home, path, ".."), { recursive: true });
      writeFileSync(join(home, path), content);
    };
    put(".config/containers/registries.conf", '[aliases]\n"one" = "a.example/one"\n"two" = "a.example/two"\n');
    put(".config/containers/registries.conf.d/9.conf", '[aliases]\n"one" = ""\n');
    put(".cache/containers/short-name-aliases.conf", '[aliases]\n"three" = "c.example/three"\n');
    const { aliases } = await loadRegistriesConfig({ HOME: home, CALA_ROOT: join(home, "root") });
    assert.equal([aliases.has("one"), aliases.get("two"), aliases.get("three")], [false, "a.example/two", "c.example/three"]);
  } finally {
    rmSync(home, { recursive: true });
  }
});
test("broken TOML names the file", async () => {
  await parseRegistriesConfig("[[", "the-file").then(() => assert.unreachable(), (error: Error) => assert.match(error.message, '"the-file" is not valid TOML'));
});
test("what was read is remembered until a file changes", async () => {
  const directory = mkdtempSync(join(tmpdir(), "cala-registries-"));
  try {
    const file = join(directory, "registries.conf");
    const env = { CALA_ROOT: directory, CONTAINERS_REGISTRIES_CONF: file };
    assert.equal((await loadRegistriesConfig(env)).searchRegistries, ["docker.io"]);
    writeFileSync(file, 'unqualified-search-registries = ["a.example"]\n[aliases]\nx = "a.example/y"\n');
    for (const _ of [1, 2]) {
      const config = await loadRegistriesConfig(env);
      assert.equal(config.searchRegistries, ["a.example"]);
      assert.is(config.aliases.get("x"), "a.example/y");
    }
    writeFileSync(file, 'unqualified-search-registries = ["b.example"]\n');
    assert.equal((await loadRegistriesConfig(env)).searchRegistries, ["b.example"]);
    writeFileSync(join(directory, "cache", "registries.json"), "{");
    assert.equal((await loadRegistriesConfig(env)).searchRegistries, ["b.example"]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.run();
