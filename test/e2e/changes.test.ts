/** What a container changed: diff, commit and export. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "changes", ["busybox", "configured"]);
const none = ["run", "--rm", "--network", "none"] as const;

/** Changes of every kind. */
const script = "echo new > /new; ln /new /new2; chown 1000:1000 /new; chmod 4755 /new; rm /bin/ls; chmod 600 /etc/passwd; rm -rf /tmp; mkdir -m 700 /tmp; ln -s /new /link; mkdir -p /a/b; touch /a/b/c";
const wanted = ["A /a", "A /a/b", "A /a/b/c", "C /bin", "D /bin/ls", "C /etc", "C /etc/passwd", "A /link", "A /new", "A /new2", "C /tmp"];
const changesOnly = (text: string): string[] => text.split("\n").filter((line) => wanted.includes(line) || !/ \/(etc|run|dev|proc|sys)$/.test(line));
const stat = "stat -c '%n %u:%g %a %F %h' /new /new2 /link /tmp /etc/passwd; cat /new; test ! -e /bin/ls && echo gone";
const seen = ["/new 1000:1000 4755 regular file 2", "/new2 1000:1000 4755 regular file 2", "/link 0:0 777 symbolic link 1", "/tmp 0:0 700 directory 1", "/etc/passwd 0:0 600 regular file 1", "new", "gone"];

for (const driver of ["overlay", "vfs"]) {
  const env = { CALA_STORAGE_DRIVER: driver };

  test(`diff tells what was added, changed and deleted, and so does a commit of it (${driver})`, async () => {
    const name = `changed-${driver}`;
    await cala.ok(["run", "--name", name, "--network", "none", "busybox", "sh", "-c", script], { env });
    assert.equal(changesOnly(await cala.ok(["diff", name])), wanted);
    const document = JSON.parse(await cala.ok(["container", "diff", "--format", "json", name])) as Record<string, string[]>;
    assert.equal(document["deleted"], ["/bin/ls"]);
    const id = await cala.ok(["commit", "-q", name, `committed:${driver}`]);
    assert.match(id, /^[0-9a-f]{64}$/);
    const out = await cala.ok([...none, `committed:${driver}`, "sh", "-c", stat], { env });
    assert.equal(out.split("\n").map((line) => line.replace(/directory \d+$/, "directory 1")), seen);
    assert.equal(changesOnly(await cala.ok(["image", "diff", `committed:${driver}`])), wanted);
    assert.equal(changesOnly(await cala.ok(["diff", `committed:${driver}`, "busybox"])), wanted);
  });

  test(`export writes the whole tree, of a running container too (${driver})`, async () => {
    const name = `exported-${driver}`;
    await cala.ok(["run", "-d", "--name", name, "--network", "none", "-v", "/vol", "busybox", "sh", "-c", `${script}; echo v > /vol/in-volume; echo ready; sleep 1000`], { env });
    await cala.ok(["exec", name, "sh", "-c", "until [ -e /vol/in-volume ]; do sleep 0.1; done"]);
    const file = join(cala.home, `${name}.tar`);
    await cala.ok(["export", "--output", file, name]);
    const names = execFileSync("tar", ["--numeric-owner", "-tvf", file], { encoding: "utf8" });
    assert.match(names, /^-rwsr-xr-x 1000\/1000 +4 .* new$/m);
    assert.match(names, /^h.* new2 link to new$/m);
    assert.match(names, / bin\/busybox/);
    assert.not.match(names, /in-volume| bin\/ls$|\.wh\./m);
    await cala.ok(["rm", "-f", "-t", "0", "-v", name]);
    await cala.ok(["import", "-q", file, `flat:${driver}`]);
    assert.is((await cala.ok([...none, `flat:${driver}`, "sh", "-c", stat], { env })).split("\n").at(-1), "gone");
  });
}

test("a commit takes config, changes, author and message, and says its id in a file", async () => {
  await cala.ok(["create", "--name", "config", "--network", "none", "-e", "MORE=1", "-l", "own=label", "-v", "asked:/asked", "configured", "x"]);
  const iid = join(cala.home, "iid"), config = join(cala.home, "config.json");
  writeFileSync(config, JSON.stringify({ WorkingDir: "/from-file", User: "7" }));
  const id = await cala.ok(["commit", "--iidfile", iid, "-a", "me", "-m", "why", "--config", config, "--include-volumes", "-f", "docker",
    "-c", "CMD [\"a\", \"b\"]", "-c", "ENV X=y", "-c", "EXPOSE 99", "-c", "LABEL l=m", "-c", "USER 5", "-c", "STOPSIGNAL SIGINT", "-c", "VOLUME /v", "-c", "ONBUILD RUN x", "-c", "HEALTHCHECK --retries=2 --interval=5s CMD [\"true\"]", "config", "all:1"]);
  assert.is(readFileSync(iid, "utf8"), `sha256:${id}`);
  const [image] = JSON.parse(await cala.ok(["image", "inspect", "all:1"])) as [{ Author: string; ManifestType: string; Config: Record<string, unknown>; History: { comment?: string }[] }];
  assert.is(image.Author, "me");
  assert.match(image.ManifestType, /docker/);
  assert.is(image.History.at(-1)?.comment, "why");
  const { Cmd, Env, ExposedPorts, Labels, User, StopSignal, Volumes, OnBuild, WorkingDir, Entrypoint, Healthcheck } = image.Config;
  assert.equal({ Cmd, User, StopSignal, OnBuild, WorkingDir, Entrypoint }, { Cmd: ["a", "b"], User: "5", StopSignal: "SIGINT", OnBuild: ["RUN x"], WorkingDir: "/from-file", Entrypoint: ["/bin/payload"] });
  assert.ok((Env as string[]).includes("MORE=1") && (Env as string[]).includes("X=y") && (Env as string[]).includes("FROM_IMAGE=yes"));
  assert.equal(Object.keys(ExposedPorts as object).sort(), ["53/udp", "80/tcp", "99/tcp"]);
  assert.equal(Labels, { "org.example.kind": "fixture", own: "label", l: "m" });
  assert.equal(Object.keys(Volumes as object).sort(), ["/asked", "/data", "/v"]);
  assert.equal(Healthcheck, { Test: ["CMD", "true"], Interval: 5e9, Retries: 2 });
});

test("a squashed commit has one layer with everything", async () => {
  await cala.ok(["run", "--name", "squash-me", "--network", "none", "busybox", "sh", "-c", script]);
  await cala.ok(["commit", "-s", "squash-me", "squashed"]);
  const [image] = JSON.parse(await cala.ok(["image", "inspect", "squashed"])) as [{ RootFS: { Layers: string[] } }];
  assert.is(image.RootFS.Layers.length, 1);
  assert.is((await cala.ok([...none, "squashed", "sh", "-c", stat])).split("\n").at(-1), "gone");
});

test("a change that is none, and an unknown container, are refused", async () => {
  assert.match((await cala.fails(["commit", "-c", "NONSENSE x", "config", "no"])).stderr, /NONSENSE/);
  assert.is((await cala.fails(["commit", "missing", "no"])).code, 125);
  assert.is((await cala.fails(["diff", "missing"])).code, 125);
  assert.is((await cala.fails(["export", "missing"])).code, 125);
});

test("sizes count what other ids of the container own, behind closed doors, too", async () => {
  await cala.ok(["run", "--name", "sized", "--network", "none", "busybox", "sh", "-c", "mkdir -m 0700 /closed && dd if=/dev/zero of=/closed/file bs=1000 count=3000 2>/dev/null && chown -R 1000:1000 /closed; exit 0"]);
  const document = JSON.parse(await cala.ok(["inspect", "--size", "sized"])) as [{ SizeRw: number; SizeRootFs: number }];
  const [{ SizeRw: written, SizeRootFs: all }] = document;
  assert.ok(written >= 3_000_000 && written < 3_100_000, `${written} bytes are said to be written`);
  assert.ok(all > written);
  assert.match(await cala.ok(["ps", "-a", "--size", "--filter", "name=sized", "--format", "{{.Size}}"]), /^3(\.\d+)?MB \(virtual /);
  await cala.ok(["rm", "sized"]);
});

test.run();
