import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";
import { startAptRepository, type AptRepository } from "./harness/apt-repository.ts";
import { hide, onHost } from "./harness/bad-host.ts";
import { run } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";

needs("dpkg-deb", (await run("sh", ["-c", "command -v dpkg-deb"])).code === 0);
const { cala } = await prepareSuite(test, "ladder", ["debian", "configured"]);
const program = join(cala.root, "bin/cala");
const single = { env: { ...cala.env, CALA_ROOT: join(cala.root, "single") }, cwd: cala.home };
const withoutMaps = hide("newuidmap", "newgidmap");

/** Installs the package of the repository and runs its program. */
function install({ address }: AptRepository): string {
  return `rm -rf /etc/apt/sources.list.d; echo 'deb [trusted=yes] ${address} ./' > /etc/apt/sources.list; apt-get -q update >&2 && apt-get -q install -y sudo-like >&2 && tool`;
}

async function withRepository<T>(name: string, work: (repository: AptRepository) => Promise<T>): Promise<T> {
  const dir = join(cala.home, name);
  mkdirSync(dir);
  const repository = await startAptRepository(dir);
  try {
    return await work(repository);
  } finally {
    await repository.stop();
  }
}

test("with all ids a package manager installs, and owners are right", async () => {
  await withRepository("full", async (repository) => {
    const out = await cala.ok(["run", "--rm", "--network", "host", "debian", "sh", "-c", `${install(repository)}; stat -c %U:%G /var/lib/tool /usr/bin/tool`]);
    assert.is(out, "tool ran\ntool:tool\nroot:mail");
  });
});

test("with a single id a package manager installs, too, and sees the owners that it has set; that is said once", async () => {
  await withRepository("single", async (repository) => {
    const words = `${program} run --rm --network host debian sh -c "${install(repository)}; stat -c %U:%G /var/lib/tool /usr/bin/tool"`;
    const done = await onHost(withoutMaps, words, single);
    assert.is(done.stdout, "tool ran\ntool:tool\nroot:mail\n", done.stderr);
    assert.is(done.stderr.split("\n").filter((line) => line.startsWith("WARN") && line.includes("single user id")).length, 1, done.stderr);
  });
});

test("with a single id: an image's user, owners and devices are as asked for, and a further process sees the same", async () => {
  const script = "id -u; chown 5:6 /tmp && chgrp 7 /tmp && stat -c %u:%g /tmp; mknod /tmp/null c 1 3 && echo answered; mkfifo /tmp/fifo && test -p /tmp/fifo && echo fifo";
  const words = `${program} run -d --name one --network none --entrypoint sh configured -c "sleep 100" >/dev/null; ${program} exec one id -u; ${program} exec --user root one sh -c "${script}"; ${program} exec --user nobody one sh -c "id -u; stat -c %u:%g /tmp; chown 1 /tmp || echo refused; touch /tmp/mine; mkdir /tmp/dir; stat -c %U /tmp/mine /tmp/dir"; ${program} rm -f -t 0 one`;
  const done = await onHost(withoutMaps, words, single);
  assert.is(done.stdout, "1000\n0\n5:7\nanswered\nfifo\n65534\n5:7\nrefused\nnobody\nnobody\none\n", done.stderr);
});

test("info names the rung and what mends it", async () => {
  const done = await onHost(withoutMaps, `${program} info --format json`, single);
  const { host } = JSON.parse(done.stdout) as { host: { missing: readonly { name: string; cost: string; fix: string }[] } };
  const rung = host.missing.find(({ name }) => name === "subordinate ids");
  assert.match(rung?.cost ?? "", /single user id.*answered/);
  assert.match(rung?.fix ?? "", /uidmap/);
});

test.run();
