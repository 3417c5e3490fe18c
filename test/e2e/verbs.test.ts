/** The smaller verbs: top, init, clone, mount, ps and rm beyond the common. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { mapArgument } from "../../core/idmap/map.ts";
import { probeIds } from "../../core/idmap/probe.ts";
import { distDir } from "./harness/places.ts";
import { runOk } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "verbs", ["busybox", "configured"]);
const none = ["--network", "none"] as const;

test.before(async () => {
  await cala.ok(["run", "-d", "--name", "up", ...none, "-u", "1000:1000", "busybox", "sleep", "1000"]);
  // The kernel tells of an exec a moment before the new program's words can be read.
  await waitFor("its words", async () => (await cala.ok(["top", "up", "args"])).includes("sleep 1000"));
});

/** A command as root of the outer user namespace, as `cala unshare` gives it. */
async function unshared(script: string): Promise<string> {
  const native = join(distDir, "cala-native");
  const env = { ...cala.env, PATH: `${join(cala.root, "bin")}:${process.env["PATH"] ?? ""}` };
  return (await runOk(native, ["userns-exec", join(cala.root, "run"), ...mapArgument(probeIds()), "--", "/bin/sh", "-c", script], { env })).stdout.trimEnd();
}

test("top shows the processes with the container's pids and names, and the host's where asked", async () => {
  const lines = (await cala.ok(["top", "up"])).split("\n").map((line) => line.split(/\s{2,}/));
  assert.equal(lines[0], ["USER", "PID", "PPID", "%CPU", "ELAPSED", "TTY", "TIME", "COMMAND"]);
  assert.equal([lines[1]?.[0], lines[1]?.[1], lines[1]?.[2], lines[1]?.at(-1)], ["app", "1", "0", "sleep 1000"]);
  const pid = await cala.ok(["inspect", "--format", "{{.State.Pid}}", "up"]);
  assert.equal((await cala.ok(["top", "up", "hpid,user", "%p", "seccomp", "capeff"])).split("\n")[1]?.split(/\s+/), [pid, "app", "1", "filter", "none"]);
  assert.match(await cala.ok(["top", "up", "-o", "pid,args"]), new RegExp(`^ *${pid} sleep 1000$`, "m"));
  assert.is((await cala.ok(["top", "up", "aux"])).split("\n").length, 2);
  assert.match((await cala.fails(["top", "up", "nonsense"])).stderr, /not a column/);
});

test("top also shows what exec brought in, and a stopped container is refused", async () => {
  await cala.ok(["exec", "-d", "up", "sleep", "77"]);
  await waitFor("the process of the exec", async () => (await cala.ok(["top", "up", "pid", "args"])).includes("sleep 77"), 30_000);
  await cala.ok(["create", "--name", "down", ...none, "busybox", "true"]);
  assert.match((await cala.fails(["top", "down"])).stderr, /state improper/);
});

test("init makes a container ready, and says what is missing", async () => {
  assert.is(await cala.ok(["init", "down"]), "down");
  assert.match((await cala.fails(["init", "up"])).stderr, /it is running/);
});

test("a clone has the options of its original, with another name or image", async () => {
  await cala.ok(["create", "--name", "original", ...none, "--cap-drop", "all", "--cap-add", "sys_chroot,CHOWN,KILL", "-e", "A=b", "-l", "l=m", "busybox", "sh", "-c", "echo $A"]);
  await cala.ok(["container", "clone", "original"]);
  assert.is(await cala.ok(["start", "-a", "original-clone"]), "b");
  assert.is(await cala.ok(["inspect", "--format", "{{.Config.Labels.l}} {{.ImageName}}", "original-clone"]), `m ${await cala.ok(["inspect", "--format", "{{.ImageName}}", "original"])}`);
  assert.is(await cala.ok(["inspect", "--format", "{{.HostConfig.CapAdd}} {{.HostConfig.CapDrop}} {{.EffectiveCaps}}", "original-clone"]), "[CAP_SYS_CHROOT CAP_CHOWN CAP_KILL] [ALL] [CAP_CHOWN CAP_KILL CAP_SYS_CHROOT]");
  await cala.ok(["container", "clone", "--destroy", "original", "second", "configured"]);
  assert.is((await cala.run(["container", "exists", "original"])).code, 1);
  assert.match(await cala.ok(["inspect", "--format", "{{.ImageName}}", "second"]), /configured/);
});

test("mount wants a user namespace, and there shows running and stopped containers as they are", async () => {
  assert.match((await cala.fails(["mount", "up"])).stderr, /cala unshare/);
  assert.match((await cala.fails(["unmount", "up"])).stderr, /cala unshare/);
  await cala.ok(["run", "--name", "written", ...none, "busybox", "sh", "-c", "echo text > /file"]);
  await cala.ok(["exec", "-u", "0", "up", "sh", "-c", "echo live > /live"]);
  const out = await unshared("cat $(cala mount written)/file $(cala mount up)/live; cala mount | wc -l; cala unmount written up; cala mount | wc -l; cala unmount up; cala unmount up nobody 2>&1 || echo failed");
  assert.equal(out.split("\n").map((line) => line.trim()).slice(0, 6), ["text", "live", "2", "written", "up", "0"]);
  assert.match(out, /\nup\nError: no container [^\n]*"nobody"[^]*\nfailed$/);
});

test("required containers are started first, and removed with --depend only", async () => {
  await cala.ok(["create", "--name", "base", ...none, "busybox", "sleep", "1000"]);
  await cala.ok(["create", "--name", "top-of-it", ...none, "--requires", "base", "busybox", "sleep", "1000"]);
  assert.match((await cala.fails(["create", "--name", "x", "--requires", "nobody", "busybox"])).stderr, /nobody/);
  await cala.ok(["start", "top-of-it"]);
  assert.is(await cala.ok(["inspect", "--format", "{{.State.Status}}", "base"]), "running");
  assert.match((await cala.fails(["rm", "base"])).stderr, /dependent containers[^]*--depend/);
  assert.is((await cala.ok(["rm", "--depend", "-f", "-t", "0", "base"])).split("\n").length, 2);
  assert.is((await cala.run(["container", "exists", "--external", "top-of-it"])).code, 1);
});

test("variables are merged with the image's, and those for proxies are passed on unless told otherwise", async () => {
  const env = { http_proxy: "http://proxy.example:3128", NO_PROXY: "localhost" };
  const script = ["busybox", "sh", "-c", "echo $PATH $http_proxy $NO_PROXY"];
  assert.match(await cala.ok(["run", "--rm", ...none, "--env-merge", "PATH=/extra:${PATH}:$NOTHING", ...script], { env }), /^\/extra:\/usr\/local\/sbin:.*:\/bin: http:\/\/proxy.example:3128 localhost$/);
  assert.not.match(await cala.ok(["run", "--rm", ...none, "--http-proxy=false", ...script], { env }), /proxy/);
});

test("the image's volumes are anonymous ones, in memory or nothing", async () => {
  const grep = ["--entrypoint", "sh", "configured", "-c", "grep ' /data ' /proc/mounts || echo none"];
  assert.not.match(await cala.ok(["run", "--rm", ...none, "--image-volume", "anonymous", ...grep]), /tmpfs|none$/);
  assert.match(await cala.ok(["run", "--rm", ...none, "--image-volume", "tmpfs", ...grep]), /^tmpfs /);
  assert.is(await cala.ok(["run", "--rm", ...none, "--image-volume", "ignore", ...grep]), "none");
  assert.match((await cala.fails(["run", "--rm", "--decryption-key", "k", "busybox"])).stderr, /encrypted images are not supported/);
});

test("a user given by number gets lines in passwd and group, and an init of the host is process 1", async () => {
  const out = await cala.ok(["run", "--rm", ...none, "-u", "4321:55", "--passwd", "--group-entry", "grp:x:$GID:$USERLIST", "busybox", "sh", "-c", "tail -n 1 /etc/passwd; tail -n 1 /etc/group"]);
  assert.is(out, "4321:*:4321:55:container user:/:/bin/sh\ngrp:x:55:4321");
  assert.is(await cala.ok(["run", "--rm", ...none, "-u", "77", "--passwd-entry", "$USERNAME-x:*:$UID:1::/home/x:/bin/sh", "busybox", "whoami"]), "77-x");
  assert.match((await cala.fails(["run", "--rm", "--passwd", "busybox"])).stderr, /given by number/);
  // What is given `-- COMMAND` says that this is no applet: so it was it that ran.
  assert.is(await cala.ok(["run", "--rm", ...none, "--init", "--init-path", join(distDir, "cala-native"), "busybox", "true"]).catch((error: unknown) => (String(error).includes("must be the name of an applet") ? "ran" : String(error))), "ran");
});

test("a commit of a paused container is one moment of it, and it goes on", async () => {
  await cala.ok(["run", "-d", "--name", "moving", ...none, "busybox", "sh", "-c", "i=0; while true; do i=$((i+1)); echo $i > /t; mv /t /a; echo $i > /t; mv /t /b; done"]);
  await waitFor("its files", async () => (await cala.run(["exec", "moving", "cat", "/b"])).code === 0, 30_000);
  await cala.ok(["commit", "--pause", "moving", "moment"]);
  const [first = "", second = ""] = (await cala.ok(["run", "--rm", ...none, "moment", "sh", "-c", "cat /a; echo; cat /b"])).split(/\n+/);
  assert.ok(Math.abs(Number(first) - Number(second)) <= 1, `${first} ${second}`);
  assert.is(await cala.ok(["inspect", "--format", "{{.State.Status}}", "moving"]), "running");
});

test("ps shows namespaces and pods, and repeats itself", async () => {
  assert.match(await cala.ok(["ps", "--namespace", "--filter", "name=^up$"]), /PIDNS[^]* up +\d+ +(\d{9,} +){6}\d/);
  assert.match(await cala.ok(["ps", "--pod", "--sync", "--external"]), /POD ID +PODNAME/);
  const watching = cala.start(["ps", "-q", "--watch", "1"]);
  let text = "";
  watching.stdout?.setEncoding("utf8").on("data", (piece: string) => { text += piece; });
  await waitFor("two lists", () => Promise.resolve(text.split("\n").length > 2), 30_000);
  watching.kill("SIGINT");
});

test.run();
