import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { landlockVersion } from "../../core/sys/landlock.ts";
import { needs } from "../runner/skip.ts";
import { startAptRepository } from "./harness/apt-repository.ts";
import { onHost } from "./harness/bad-host.ts";
import { run, type Finished } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

needs("dpkg-deb", (await run("sh", ["-c", "command -v dpkg-deb"])).code === 0);
const { cala } = await prepareSuite(test, "rung", ["debian", "busybox"]);
const where = { env: { ...cala.env, CALA_ROOT: join(cala.root, "none") }, cwd: cala.home, timeoutMs: 180_000 };

/** A script where the one user namespace that is allowed is that of the caller. */
async function bare(script: string): Promise<Finished> {
  return await onHost("echo 1 > /proc/sys/user/max_user_namespaces", `PATH=${join(cala.root, "bin")}:$PATH; ${script}`, where);
}

test("a package manager installs, programs are set-id, owners are as set, and what is missing is said once", async () => {
  const dir = join(cala.home, "apt");
  mkdirSync(dir);
  const repository = await startAptRepository(dir);
  try {
    const inside = [
      "rm -rf /etc/apt/sources.list.d", `echo 'deb [trusted=yes] ${repository.address} ./' > /etc/apt/sources.list`, "apt-get -q update >&2 && apt-get -q install -y sudo-like >&2 && tool",
      "stat -c %U:%G:%a /var/lib/tool /usr/bin/tool", "useradd -m joe && su joe -c 'id -un; touch /tmp/mine; stat -c %U /tmp/mine /home/joe; chown root /tmp/mine || echo refused'",
      "cp /usr/bin/id /usr/bin/root-id; chmod 4755 /usr/bin/root-id; su joe -c '/usr/bin/root-id -u'",
    ].join("; ");
    const done = await bare(`cala run --rm debian sh -c "${inside}"; cala run --rm debian true`);
    assert.is(done.stdout, "tool ran\ntool:tool:755\nroot:mail:4755\njoe\njoe\njoe\nrefused\n0\n", done.stderr);
    assert.is(done.stderr.split("\n").filter((line) => line.startsWith("WARN") && line.includes("no namespaces") && line.includes("sysctl -w user.max_user_namespaces")).length, 1, done.stderr);
    assert.not.ok(existsSync(join(cala.root, "none", "cache", "namespaces.json")), "that a limit is reached is not remembered");
  } finally {
    await repository.stop();
  }
});

test("paths lead nowhere but into the container", async () => {
  writeFileSync(join(cala.home, "secret"), "of the host\n");
  const ways = [`${cala.home}/secret`, `/proc/1/root${cala.home}/secret`, `/proc/self/root${cala.home}/secret`, `/../../../..${cala.home}/secret`, `/proc/self/cwd/../../..${cala.home}/secret`, "/tmp/link"];
  const script = `ln -s ${cala.home}/secret /tmp/link; for way in ${ways.join(" ")}; do cat \\$way 2>/dev/null && echo open; done; cd /etc; cat ../etc/hostname | wc -l; pwd; readlink /proc/self/cwd; readlink /proc/self/exe; ls -a / | grep -c ^home`;
  const done = await bare(`cala run --rm --name bare debian sh -c "${script}"`);
  assert.is(done.stdout, "1\n/etc\n/etc\n/usr/bin/readlink\n1\n", done.stderr);
});

test("other processes of the user's are behind landlock", async () => {
  needs("landlock", landlockVersion() > 0);
  const other = spawn("sleep", ["300"], { env: { SECRET: "of-the-host" }, stdio: "ignore" });
  try {
    // Its namespace is an ancestor of the caller's here: the same user, whom the kernel would let look.
    const script = `cat /proc/${other.pid}/environ 2>/dev/null && echo open; ${landlockVersion() >= 6 ? `kill -9 ${other.pid} 2>/dev/null && echo killed; ` : ""}echo end`;
    const done = await bare(`cala run --rm busybox sh -c "${script}"`);
    assert.is(done.stdout, "end\n", done.stderr);
    assert.is(other.exitCode, null);
    assert.match(readFileSync(`/proc/${other.pid}/environ`, "utf8"), /of-the-host/);
  } finally {
    other.kill("SIGKILL");
  }
});

test("volumes and directories of the host are there, read-only where that is asked for", async () => {
  const dir = join(cala.home, "mounted");
  mkdirSync(dir);
  writeFileSync(join(dir, "file"), "x\n");
  const script = "cat /a/file; echo y > /b/new && echo z > /data/new; echo no > /a/new; mkdir /a/dir; mv /b/new /b/newer; ls /b";
  const done = await bare(`cala run --rm -v ${dir}:/a:ro -v ${dir}:/b -v keep:/data --tmpfs /mem busybox sh -c "${script}"; cala run --rm -v keep:/data:ro busybox cat /data/new; cala volume rm keep`);
  assert.is(done.stdout, "x\nfile\nnewer\nz\nkeep\n", done.stderr);
  assert.is(done.stderr.split("\n").filter((line) => line.includes("Read-only file system")).length, 2, done.stderr);
  assert.is(readFileSync(join(dir, "newer"), "utf8"), "y\n");
});

test("further processes join, and end with the container; its exit code and signals are its own", async () => {
  const joining = `sleep 9${process.pid}`;
  const script = [
    "cala run -d --name long --init --env A=b busybox sh -c 'trap \"echo caught; exit 7\" TERM; echo up; while :; do sleep 0.1; done' >/dev/null", "cala exec long sh -c 'echo $A; id -u; hostname | wc -c'", "cala exec --user nobody long id -un",
    `cala exec long ${joining} & cala exec -d long ${joining}`, `until cala logs long | grep -q up; do sleep 0.1; done; until [ $(pgrep -u $(id -u) -fxc '${joining}') = 2 ]; do sleep 0.1; done; cala top long pid args | grep -c sleep.0.1 >/dev/null && echo top`,
    "cala stop long; wait $!; echo exec $?; cala wait long; cala logs long; cala start long; cala kill --signal KILL long; cala wait long; cala cp long:/etc/passwd - | tar xO | head -n 1; cala rm -f -t 0 long",
  ].join("; ");
  const done = await bare(script);
  assert.is(done.stdout, "b\n0\n13\nnobody\ntop\nlong\nexec 137\n7\nup\ncaught\nlong\nlong\n137\nroot:x:0:0:root:/root:/bin/sh\nlong\n", done.stderr);
  await waitFor("an end of what was executed", async () => (await run("pgrep", ["-u", String(process.getuid?.()), "-fx", joining])).stdout === "", 30_000);
});

test("a container that cannot be paused says why, and what mends that on this host", async () => {
  const done = await bare("cala run -d --name idle busybox sleep 1000 >/dev/null; cala pause idle; echo $?; cala rm -f -t 0 idle");
  assert.is(done.stdout, "125\nidle\n", done.stderr);
  assert.match(done.stderr, /cannot pause the container "idle": it has no namespaces \(.*\), and no control group of its own\nHint: .*; or run it with --cgroups=enabled/, done.stderr);
});

test("without a network there are no sockets to it", async () => {
  const done = await bare("cala run --rm --network none busybox sh -c 'wget -O - http://127.0.0.1:9/ 2>&1; echo $?' | tail -n 2; cala run --rm --hostname box busybox hostname");
  assert.match(done.stdout, /not supported[^\n]*\n1\nbox\n$/, done.stderr);
});

for (const [options, words] of [
  ["-p 80", /published port/], ["--userns keep-id", /user namespace "keep-id"/], ["--storage-driver overlay", /storage driver/],
] as const) {
  test(`refused with what mends it: ${options}`, async () => {
    const [before, after] = options.startsWith("--storage") ? [options, ""] : ["", options];
    const done = await bare(`cala ${before} run --rm ${after} busybox true`);
    assert.is(done.code, 125, done.stderr);
    assert.match(done.stderr, words);
    assert.match(done.stderr, /Hint: /);
  });
}

test("root of a container that may make no namespaces has the same", async () => {
  const script = `echo 0 > /proc/sys/user/max_user_namespaces; PATH=${join(cala.root, "bin")}:$PATH; cala run --rm busybox sh -c 'id -u; touch /a; chown 5:6 /a; stat -c %u:%g /a; cat ${cala.home}/mounted/file'`;
  const done = await run("unshare", ["--user", "--map-root-user", "sh", "-c", script], { env: { ...cala.env, CALA_ROOT: join(cala.root, "root-none") }, cwd: cala.home, timeoutMs: 120_000 });
  assert.is(done.stdout, "0\n5:6\n", done.stderr);
  assert.match(done.stderr, /No such file/);
});

test("info and doctor name the rung and what mends it", async () => {
  const done = await bare("cala info --format json; cala doctor");
  const { host } = JSON.parse(done.stdout.slice(0, done.stdout.indexOf("\n}") + 2)) as { host: { missing: readonly { name: string; fix: string }[] } };
  assert.match(host.missing.find(({ name }) => name === "user namespaces")?.fix ?? "", /sysctl/);
  assert.match(done.stdout, /userns-refused|userns-limit/);
});

test.run();
