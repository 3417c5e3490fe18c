import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../../runner/skip.ts";
import { haveRegistry, registryLogin, startRegistry } from "./registry.ts";
import { fixtureLayout } from "./fixture-images.ts";
import { runOk } from "./spawn.ts";

needs("docker-registry and skopeo", await haveRegistry());

test("a registry has the fixture images that were asked for", async () => {
  const registry = await startRegistry(["busybox", "configured"]);
  try {
    const inspected = await runOk("skopeo", ["inspect", "--config", "--tls-verify=false", `docker://${registry.reference("configured")}`]);
    const image = JSON.parse(inspected.stdout) as { config: { User: string; Entrypoint: string[] } };
    assert.is(image.config.User, "app");
    assert.equal(image.config.Entrypoint, ["/bin/payload"]);
  } finally {
    await registry.stop();
  }
});

test("a registry that asks for a login refuses strangers", async () => {
  const registry = await startRegistry([], { login: true });
  try {
    assert.is((await fetch(`http://${registry.address}/v2/`)).status, 401);
    const authorization = `Basic ${Buffer.from(registryLogin).toString("base64")}`;
    assert.is((await fetch(`http://${registry.address}/v2/`, { headers: { authorization } })).status, 200);
    await registry.push(`oci:${(await fixtureLayout("busybox")).dir}:latest`, "private/thing");
  } finally {
    await registry.stop();
  }
});

test.run();
