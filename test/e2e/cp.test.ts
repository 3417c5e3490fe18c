import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fixtureProgram } from "./harness/programs.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "cp", ["busybox"]);
const home = cala.home;
const at = (name: string): string => join(home, name);

mkdirSync(at("dir/sub"), { recursive: true });
writeFileSync(at("dir/sub/deep"), "deep\n", { mode: 0o640 });
writeFileSync(at("file"), "content\n", { mode: 0o751 });
utimesSync(at("file"), 1_000_000_000, 1_000_000_000);
symlinkSync("file", at("link"));

const volume = ["-v", "cp-volume:/vol", "-v", `${home}:/bound`];
const containers = [["running", ["run", "-d"]], ["stopped", ["create"]]] as const;
test.before(async () => {
  for (const [name, words] of containers) await cala.ok([...words, "--name", name, "--network", "none", ...volume, "-u", "1000:1000", "busybox", "sleep", "1000"]);
  await cala.ok(["create", "--name", "other", "--network", "none", ...volume, "busybox", "sleep", "1000"]);
});

/** What is in the container, looked at through the host. */
async function listed(name: string, path: string): Promise<string[]> {
  const tar = await cala.ok(["cp", `${name}:${path}`, "-"]);
  return execFileSync("tar", ["--numeric-owner", "-tvf", "-"], { input: tar, encoding: "utf8" }).trim().split("\n").map((line) => line.replace(/ +/g, " "));
}

for (const [name] of containers) {
  test(`files and directories go into a ${name} container, and belong to its user`, async () => {
    await cala.ok(["cp", "file", `${name}:/tmp/`]);
    await cala.ok(["cp", "file", `${name}:tmp/renamed`]);
    await cala.ok(["cp", "dir", `${name}:/tmp`]);
    await cala.ok(["cp", "dir/.", `${name}:/tmp/renamed-dir`]);
    await cala.ok(["cp", "link", `${name}:/tmp/followed`]);
    await cala.ok(["cp", "--follow-link=false", "link", `${name}:/tmp/link`]);
    await cala.ok(["cp", "-a=false", "file", `${name}:/tmp/of-root`]);
    const lines = (await listed(name, "/tmp")).map((line) => line.replace(/^(\S+ \S+ \d+) \S+ \S+ /, "$1 "));
    for (const line of ["-rwxr-x--x 1000/1000 8 tmp/file", "-rwxr-x--x 1000/1000 8 tmp/renamed", "-rw-r----- 1000/1000 5 tmp/dir/sub/deep", "-rw-r----- 1000/1000 5 tmp/renamed-dir/sub/deep", "-rwxr-x--x 1000/1000 8 tmp/followed", "lrwxrwxrwx 1000/1000 0 tmp/link -> file", "-rwxr-x--x 0/0 8 tmp/of-root"]) {
      assert.ok(lines.includes(line), `${line} in\n${lines.join("\n")}`);
    }
  });

  test(`what comes out of a ${name} container belongs to the caller and has its times`, async () => {
    await cala.ok(["cp", "file", `${name}:/tmp/out`]);
    await cala.ok(["cp", `${name}:/tmp/out`, `out-${name}`]);
    const status = statSync(at(`out-${name}`));
    assert.equal([status.uid, status.mode & 0o777, status.mtimeMs], [process.getuid?.(), 0o751, 1_000_000_000_000]);
    await cala.ok(["cp", `${name}:/etc`, `etc-${name}`]);
    assert.match(readFileSync(at(`etc-${name}/passwd`), "utf8"), /^root/m);
    await cala.ok(["cp", "--archive", `${name}:/tmp/out`, `kept-${name}`]);
    assert.is.not(statSync(at(`kept-${name}`)).uid, process.getuid?.());
  });

  test(`volumes and bind mounts are seen as in the ${name} container`, async () => {
    await cala.ok(["cp", "file", `${name}:/vol/from-${name}`]);
    assert.is(await cala.ok(["run", "--rm", "--network", "none", ...volume, "busybox", "cat", `/vol/from-${name}`]), "content");
    await cala.ok(["cp", "dir", `${name}:/bound/bound-${name}`]);
    assert.ok(existsSync(at(`bound-${name}/sub/deep`)));
  });

  test(`wrong paths are refused with a word (${name})`, async () => {
    for (const [source, target, words] of [
      ["file", `${name}:/no/such/place`, /its directory does not exist/], ["file", `${name}:/tmp/none/`, /ends in a slash/], ["dir", `${name}:/etc/passwd`, /not copied to a file/],
      ["none", `${name}:/tmp`, /could not be found on the host/], [`${name}:/none`, ".", /could not be found on container/], ["file", `${name}:/proc/x`, /kernel/], [`${name}:/proc/self/environ`, ".", /kernel/],
      [`${name}:/sys/kernel`, ".", /kernel/],
    ] as const) assert.match((await cala.fails(["cp", source, target])).stderr, words, `${source} ${target}`);
    assert.not.ok(existsSync(at("environ")));
  });

  test(`a file takes the place of a directory only with --overwrite (${name})`, async () => {
    mkdirSync(at(`clash-${name}/file`), { recursive: true });
    await cala.ok(["cp", `clash-${name}/.`, `${name}:/tmp/clash`]);
    assert.match((await cala.fails(["cp", "file", `${name}:/tmp/clash`])).stderr, /overwrite/);
    await cala.ok(["cp", "--overwrite", "file", `${name}:/tmp/clash`]);
    assert.match((await listed(name, "/tmp/clash/file")).join(), /^-rwxr-x--x/);
  });

  test(`a tar goes in from standard input and comes out on standard output (${name})`, async () => {
    const tar = execFileSync("tar", ["-C", home, "-cf", "-", "dir"]);
    await cala.ok(["cp", "-", `${name}:/var`], { input: tar });
    assert.equal((await listed(name, "/var/dir/.")).map((line) => line.split(" ").at(-1)), ["sub/", "sub/deep"]);
    assert.match((await cala.fails(["cp", "-", `${name}:/etc/passwd`], { input: tar })).stderr, /directory/);
  });
}

test("files go from container to container", async () => {
  await cala.ok(["cp", "running:/etc/passwd", "other:/copied"]);
  await cala.ok(["cp", "stopped:/etc", "other:/etc-of-stopped"]);
  assert.match((await listed("other", "/copied")).join(), /^-\S+ 0\/0/);
  assert.match((await listed("other", "/etc-of-stopped")).join(), /etc-of-stopped\/passwd/);
});

test("files go from one place of a container to another, and both ways between two at once", async () => {
  for (const [name] of containers) {
    await cala.ok(["cp", `${name}:/etc/passwd`, `${name}:/passwd-copy`]);
    assert.match((await listed(name, "/passwd-copy")).join(), /passwd-copy/);
  }
  await Promise.all(["stopped:/etc other:/from-stopped", "other:/etc stopped:/from-other", "stopped:/etc other:/again", "other:/etc stopped:/again"].map(async (words) => await cala.ok(["cp", ...words.split(" ")])));
});

test("CVE-2018-15664: a link that is swapped for a directory meanwhile leads nowhere outside", async () => {
  mkdirSync(at("victim"));
  writeFileSync(at("victim/file"), "untouched\n");
  await cala.ok(["run", "-d", "--name", "racer", "--network", "none", "busybox", "sh", "-c", `mkdir -p /w/real; ln -s ${at("victim")} /w/evil; echo inside > /w/real/file; until /ready exchange /w/real /w/evil 2>/dev/null; do sleep 0.1; done`]);
  await cala.ok(["cp", await fixtureProgram("intruder"), "racer:/ready"]);
  await waitFor("the exchange", async () => (await cala.run(["logs", "racer"])).stdout.includes("exchanging"), 30_000);
  for (let round = 0; round < 12; round += 1) {
    await cala.run(["cp", "file", "racer:/w/evil/file"]);
    await cala.run(["cp", "racer:/w/evil/file", `stolen-${round}`]);
    assert.is(readFileSync(at("victim/file"), "utf8"), "untouched\n");
    if (existsSync(at(`stolen-${round}`))) assert.is.not(readFileSync(at(`stolen-${round}`), "utf8"), "untouched\n");
  }
  await cala.ok(["rm", "-f", "-t", "0", "racer"]);
});

test("CVE-2018-15664: absolute links are resolved inside the container", async () => {
  await cala.ok(["run", "-d", "--name", "linker", "--network", "none", "busybox", "sh", "-c", `ln -s ${home} /home-link; ln -s /etc /to-etc; ln -s ../../../../../../etc/passwd /up; sleep 1000`]);
  await cala.ok(["exec", "linker", "sh", "-c", "until [ -L /up ]; do sleep 0.1; done"]);
  assert.match((await cala.fails(["cp", "linker:/home-link/file", "leaked"])).stderr, /could not be found on container/);
  assert.match((await cala.fails(["cp", "file", "linker:/home-link/planted"])).stderr, /its directory does not exist/);
  assert.not.ok(existsSync(at("planted")));
  await cala.ok(["cp", "linker:/up", "up"]);
  assert.is(readFileSync(at("up"), "utf8"), await cala.ok(["exec", "linker", "cat", "/etc/passwd"]) + "\n");
  await cala.ok(["cp", "file", "linker:/to-etc/new"]);
  assert.is(await cala.ok(["exec", "linker", "cat", "/etc/new"]), "content");
  await cala.ok(["cp", "-L=false", "linker:/home-link", "just-a-link"]);
  assert.ok(lstatSync(at("just-a-link")).isSymbolicLink());
  assert.is(readlinkSync(at("just-a-link")), home);
});

test("CVE-2019-14271: nothing of the container's is loaded for a copy", async () => {
  // A library that is opened would hold the copy up for ever: a pipe without a writer.
  const trap = "mkdir -p /lib/x86_64-linux-gnu /usr/lib /lib64; for d in /lib /lib64 /usr/lib /lib/x86_64-linux-gnu; do for l in libnss_files.so.2 libnss_compat.so.2 libc.so.6 ld-linux-x86-64.so.2; do mkfifo $d/$l; done; done; rm -f /etc/nsswitch.conf /etc/ld.so.cache /etc/ld.so.preload; mkfifo /etc/nsswitch.conf /etc/ld.so.cache /etc/ld.so.preload; touch /ready; sleep 1000";
  await cala.ok(["run", "-d", "--name", "trap", "--network", "none", "-u", "0", "busybox", "sh", "-c", trap]);
  await cala.ok(["exec", "trap", "sh", "-c", "until [ -e /ready ]; do sleep 0.1; done"]);
  await cala.ok(["cp", "file", "trap:/tmp/"]);
  await cala.ok(["cp", "trap:/tmp/file", "untrapped"]);
  assert.is(readFileSync(at("untrapped"), "utf8"), "content\n");
});

test.run();
