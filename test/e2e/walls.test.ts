/** Options that put walls around a container, or open them: security options, devices, mounts of every type, limits of the process. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hasApparmor } from "../../core/security/modules.ts";
import { hasSelinux } from "../../core/security/selinux-policy.ts";
import { testIf } from "../runner/skip.ts";
import { payload, prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "walls");

const none = ["run", "--rm", "--network", "none"] as const;
const inside = async (options: readonly string[], script: string): Promise<string> => await cala.ok([...none, ...options, "busybox", "sh", "-c", script]);
const refused = async (options: readonly string[], words: RegExp): Promise<void> => {
  const end = await cala.run([...none, ...options, "busybox", "true"]);
  assert.is(end.code, 125, `${options.join(" ")}: ${end.stderr}`);
  assert.match(end.stderr, words);
};
const shared = join(cala.home, "shared");
mkdirSync(join(shared, "sub"), { recursive: true });
for (const name of ["one.conf", "two.conf", "three.txt", ".hidden.conf"]) writeFileSync(join(shared, name), name);

const mountedOn = (path: string): string => `grep " ${path} " /proc/self/mountinfo`;

test("mask hides, unmask shows, and systempaths=unconfined shows everything", async () => {
  const looks = "cat /proc/keys | grep -c . ; (echo 1 > /proc/sys/kernel/shmmni) 2>/dev/null && echo written; cat /etc/group | grep -c . || true";
  assert.equal((await inside([], looks)).split("\n"), ["0", "5"]);
  assert.equal((await inside(["--security-opt", "mask=/etc/group"], looks)).split("\n"), ["0", "0"]);
  assert.match(await inside(["--security-opt", "systempaths=unconfined"], "mount | grep -c ' on /proc'"), /^1$/);
  assert.is(await inside(["--security-opt", "unmask=/proc/keys"], mountedOn("/proc/keys") + " | grep -c . || true"), "0");
  assert.is(await inside(["--security-opt", "unmask=ALL"], "grep -cE ' /(proc|sys/firmware)/[^ ]+ ' /proc/self/mountinfo || true"), "0");
  await refused(["--security-opt", "unmask=relative"], /not absolute/);
});

test("proc-opts hide the processes of others", async () => {
  assert.match(await inside(["--security-opt", "proc-opts=hidepid=2"], "grep ' /proc ' /proc/mounts"), /hidepid=(2|invisible)/);
  assert.is(await inside(["--security-opt", "proc-opts=hidepid=2", "-u", "1000"], "ls -d /proc/1 2>/dev/null; sleep 0 & echo seen"), "/proc/1\nseen");
  assert.is(await inside(["--security-opt", "proc-opts=subset=pid,hidepid=1", "--sysctl", "net.ipv4.ip_default_ttl=99"], "ls -d /proc/self /proc/sys 2>/dev/null || true"), "/proc/self", "settings are made though it shows none");
  assert.match(await inside(["--security-opt", "proc-opts=ro,exec"], "grep ' /proc ' /proc/mounts"), /^proc \/proc proc ro,nosuid,nodev,relatime/);
  await refused(["--security-opt", "proc-opts=size=1"], /is not an option of \/proc/);
});

testIf(test, !hasApparmor(), "a host without AppArmor", "an AppArmor profile is refused where there is no AppArmor, as podman does", async () => {
  await refused(["--security-opt", "apparmor=profile"], /AppArmor profile "profile" specified, but AppArmor is not enabled on this system/);
  assert.is(await inside(["--security-opt", "apparmor=unconfined"], "echo runs"), "runs");
});

testIf(test, !hasSelinux(), "a host without SELinux", "SELinux labels mean nothing where there is no SELinux, as with podman; other words are refused", async () => {
  for (const label of ["disable", "type:container_t", "level:s0:c1,c2", "nested"]) assert.is(await inside(["--security-opt", `label=${label}`], "echo runs"), "runs");
  await refused(["--security-opt", "label=other"], /invalid --security-opt/);
  assert.is(await inside(["-v", `${shared}:/s:z`], "cat /s/one.conf"), "one.conf");
});

test("no-new-privileges and seccomp take their values; a profile in the image's label counts only when asked for", async () => {
  assert.is((await payload(cala, ["--security-opt", "no-new-privileges=false"])).noNewPrivileges, 0);
  assert.is((await payload(cala, ["--security-opt", "no-new-privileges:true"])).noNewPrivileges, 1);
  assert.is((await payload(cala, ["--security-opt", "seccomp=unconfined"])).status["Seccomp"], "0");
  const profile = join(cala.home, "none.json");
  writeFileSync(profile, JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 38 }] }));
  await cala.ok(["create", "--name", "plain", "--network", "none", "busybox", "true"]);
  assert.match(await inside(["--security-opt", `seccomp=${profile}`], "mkdir /x 2>&1; true"), /not implemented/);
  await refused(["--security-opt", "seccomp=/nothere.json"], /there is no such file/);
  await refused(["--seccomp-policy", "other"], /seccomp-policy/);
  assert.is(await inside(["--seccomp-policy", "image"], "echo runs"), "runs");
  await cala.ok(["rm", "plain"]);
});

test("devices: a node, under another name, a directory of them, and what is none", async () => {
  assert.match(await inside(["--device", "/dev/null:/dev/nothing:rw"], "ls -l /dev/nothing; echo x > /dev/nothing && echo wrote"), /1, +3 .*\/dev\/nothing\nwrote$/s);
  assert.match(await inside(["--device", "/dev/zero"], "head -c 4 /dev/zero | od -An -tx1"), /00 00 00 00/);
  await refused(["--device", "/dev/nothere"], /no such file or directory/);
  await refused(["--device", "/etc/passwd"], /not a device node/);
  await refused(["--device", shared], /no devices found in/);
  await refused(["--device", "/dev/null:/x:abc"], /invalid device/);
  await refused(["--device-cgroup-rule", "c 1:3 rwm"], /not supported in rootless mode/);
});

test("CDI devices bring nodes, mounts, variables and hooks, from JSON and YAML; --gpus is one of them", async () => {
  const directory = join(cala.home, "cdi");
  const told = join(shared, "told");
  mkdirSync(directory);
  writeFileSync(join(directory, "thing.json"), JSON.stringify({
    cdiVersion: "0.6.0", kind: "example.com/thing", containerEdits: { env: ["COMMON=1"] },
    devices: [{ name: "one", containerEdits: {
      env: ["ONE=1"], deviceNodes: [{ path: "/dev/thing", hostPath: "/dev/zero" }], mounts: [{ hostPath: join(shared, "one.conf"), containerPath: "/opt/one", options: ["ro", "nosuid", "nodev", "bind"] }],
      hooks: [{ hookName: "createContainer", path: "/bin/sh", args: ["sh", "-c", `cat > ${told}; echo $MORE >> ${told}`], env: ["MORE=more"], timeout: 30 }],
    } }],
  }));
  writeFileSync(join(directory, "gpu.yaml"), "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\ndevices:\n  - name: all\n    containerEdits:\n      env: [GPU=all]\n      deviceNodes:\n        - path: /dev/null0\n          hostPath: /dev/null\n");
  writeFileSync(join(directory, "bad.json"), JSON.stringify({ cdiVersion: "0.6.0", kind: "example.com/bad", devices: [{ name: "hook", containerEdits: { hooks: [{ hookName: "createContainer", path: "/bin/sh", args: ["sh", "-c", "echo no such luck >&2; exit 3"] }] } }, { name: "late", containerEdits: { hooks: [{ hookName: "poststart", path: "/bin/true" }] } }] }));
  const dir = ["--cdi-spec-dir", directory];
  assert.is(await inside([...dir, "--device", "example.com/thing=one", "--gpus", "all"], "head -c 2 /dev/thing | od -An -tx1 | xargs; cat /opt/one; echo x 2>/dev/null > /opt/one || echo readonly; echo $COMMON $ONE $GPU; ls /dev/null0"), "00 00\none.confreadonly\n1 1 all\n/dev/null0");
  const [state, more] = readFileSync(told, "utf8").split("}}");
  assert.is(more, "more\n");
  assert.match(state ?? "", /"status":"creating","bundle":"\/.*\/containers\//);
  await refused([...dir, "--device", "example.com/thing=two"], /unresolvable CDI device "example.com\/thing=two"[^]*example.com\/thing=one/);
  await refused([...dir, "--device", "example.com/bad=hook"], /the hook failed: no such luck/);
  await refused([...dir, "--device", "example.com/bad=late"], /wants the poststart hook/);
  await refused(["--cdi-spec-dir", shared, "--gpus", "0"], /nvidia.com\/gpu=0/);
  writeFileSync(join(directory, "broken.yaml"), "a: [");
  await refused([...dir, "--device", "example.com/thing=one"], /broken.yaml/);
});

test("OCI hooks of a directory run for the containers that they are meant for, and the descriptions of devices may lie where a global option says", async () => {
  const directory = join(cala.home, "hooks"), told = join(shared, "hooked");
  mkdirSync(directory);
  const hook = (name: string, when: object, stages: readonly string[] = ["createContainer"]): void => writeFileSync(join(directory, `${name}.json`), JSON.stringify({ version: "1.0.0", hook: { path: "/bin/sh", args: ["sh", "-c", `cat >/dev/null; echo ${name} >> ${told}`] }, when, stages }));
  hook("20-command", { commands: ["/sh$|^sh$"] });
  hook("10-annotated", { annotations: { "^want$": "^y" } });
  hook("30-binds", { hasBindMounts: true });
  hook("40-both", { always: true, annotations: { "^never$": "." } });
  const run = async (...words: string[]): Promise<string> => await cala.ok(["--hooks-dir", directory, "run", "--rm", "--network", "none", ...words]);
  await run("--annotation", "want=yes", "busybox", "sh", "-c", "true");
  assert.is(readFileSync(told, "utf8"), "10-annotated\n20-command\n");
  await run("-v", `${shared}:/s`, "busybox", "true");
  assert.is(readFileSync(told, "utf8"), "10-annotated\n20-command\n30-binds\n");
  hook("50-late", { always: true }, ["poststop"]);
  const late = await cala.fails(["--hooks-dir", directory, "run", "--rm", "--network", "none", "busybox", "true"]);
  assert.match(late.stderr, /wants to run at the stage poststop/);
  writeFileSync(join(directory, "50-late.json"), "{}");
  assert.match((await cala.fails(["--hooks-dir", directory, "run", "--rm", "busybox", "true"])).stderr, /50-late.json" is invalid: its version/);
  const devices = join(cala.home, "devices");
  mkdirSync(devices);
  writeFileSync(join(devices, "gpu.yaml"), "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\ndevices:\n  - name: all\n    containerEdits:\n      env: [GPU=found]\n");
  assert.is(await cala.ok(["--cdi-spec-dir", devices, "run", "--rm", "--network", "none", "--gpus", "all", "busybox", "sh", "-c", "echo $GPU"]), "found");
});

test("mounts of every type, with their options", async () => {
  assert.match(await inside(["--mount", "type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=700,noexec"], `${mountedOn("/t")}; stat -c %a /t`), /noexec.*size=1024k[^]*\n700$/);
  assert.match(await inside(["--mount", "type=ramfs,dst=/t"], mountedOn("/t")), /- ramfs /);
  assert.match(await inside(["--mount", "type=devpts,dst=/p"], mountedOn("/p")), /- devpts /);
  assert.is(await inside(["--tmpfs", "/etc:notmpcopyup"], "ls -A /etc | grep -c passwd || true"), "0");
  // The image's files are copied, the kernel's own are not the image's.
  assert.is(await inside(["--tmpfs", "/etc", "--tmpfs", "/proc/sys", "-v", "/proc/irq"], "ls -A /etc | grep -c passwd; ls -A /proc/sys; ls -A /proc/irq | wc -l"), "1\n0");
  assert.is(await inside(["--mount", `type=glob,src=${shared}/*.conf,dst=/g,ro`], "ls -A /g; echo x 2>/dev/null > /g/one.conf || echo readonly"), "one.conf\ntwo.conf\nreadonly");
  assert.is(await inside(["--mount", `type=glob,src=${shared}/t?ree.txt`], `cat ${shared}/three.txt`), "three.txt");
  await refused(["--mount", `type=glob,src=${shared}/*.none,dst=/g`], /no file path matching glob/);
  await refused(["--mount", "type=cgroup,dst=/c"], /invalid filesystem type "cgroup"/);
  assert.match(await inside(["--mount", `type=bind,src=${shared},dst=/s,bind-propagation=slave,bind-nonrecursive,exec,suid=false`], mountedOn("/s")), /nosuid/);
});

test("no-dereference gives the container the link itself; readwrite is rw; a mapping of a mount's own is refused", async () => {
  symlinkSync("/etc/hostname", join(shared, "link"));
  symlinkSync("/nowhere", join(shared, "dangling"));
  assert.is(await inside(["--mount", `type=bind,src=${shared}/link,dst=/l,no-dereference`, "--mount", `type=bind,src=${shared}/dangling,dst=/d,no-dereference=true`, "--mount", `type=bind,src=${shared}/one.conf,dst=/o,no-dereference`], "readlink /l; readlink /d; cat /l | wc -l; cat /o"), "/etc/hostname\n/nowhere\n1\none.conf");
  await refused(["--mount", `type=bind,src=${shared}/dangling,dst=/d`], /no such file/);
  assert.is(await inside(["--mount", `type=bind,src=${shared},dst=/s,readwrite=true`], "echo x >/s/written && echo ok"), "ok");
  assert.is(await inside(["--mount", `type=bind,src=${shared},dst=/s,readwrite=false`], "(echo x >/s/written) 2>/dev/null || echo read-only"), "read-only");
  for (const words of [["--mount", `type=bind,src=${shared},dst=/s,idmap=uids=0-1-10`], ["-v", `${shared}:/s:idmap=gids=0-1-10`]]) await refused(words, /a mapping of its own, and only the container's/);
});

test("propagation words arrive as the kernel's peer groups", async () => {
  const peers = async (word: string): Promise<string> => await inside(["-v", `${shared}:/s:${word}`], mountedOn("/s"));
  assert.not.match(await peers("private"), /shared:|master:/);
  assert.match(await peers("shared"), /shared:\d+/);
  assert.not.match(await peers("rslave"), / shared:\d+/);
  await refused(["-v", `${shared}:/s:shared,private`], /cannot pass both/);
});

test("volumes-from: binds, named and anonymous volumes of another container, read-only where that is asked", async () => {
  await cala.ok(["create", "--name", "owner", "-v", "kept:/data", "-v", "/anon", "-v", `${shared}:/s:ro`, "busybox", "true"]);
  assert.is(await inside(["--volumes-from", "owner"], "echo x > /data/x; echo y > /anon/y; ls /data /anon; cat /s/one.conf"), "/anon:\ny\n\n/data:\nx\none.conf");
  assert.is(await inside(["--volumes-from", "owner:ro", "--tmpfs", "/anon"], "(echo z > /data/x) 2>/dev/null || echo readonly; ls /anon; cat /data/x"), "readonly\nx");
  await refused(["--volumes-from", "owner:shared"], /invalid option "shared"/);
  await refused(["--volumes-from", "nothere"], /no container with name/);
  // Anonymous volumes of another are not this one's to remove with --rm.
  assert.is(await inside(["--volumes-from", "owner"], "cat /anon/y"), "y");
  await cala.ok(["rm", "-v", "owner"]);
  await cala.ok(["volume", "rm", "kept"]);
});

test("personality, ulimits of the caller, adjustments of the OOM killer, sysctls of namespaces only", async () => {
  assert.match(await inside(["--personality", "LINUX32"], "uname -m"), /^(i686|armv\dl)$/);
  await cala.ok(["run", "-d", "--name", "old", "--network", "none", "--personality", "LINUX32", "busybox", "sleep", "1000"]);
  assert.match(await cala.ok(["exec", "old", "uname", "-m"]), /^(i686|armv\dl)$/);
  await cala.ok(["rm", "-f", "-t", "0", "old"]);
  await refused(["--personality", "BSD"], /invalid personality/);
  const limit = /^Max open files +(\S+) /m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  assert.is(await inside(["--ulimit", "host"], "ulimit -n"), limit);
  assert.is(await inside(["--oom-score-adj", "500"], "cat /proc/self/oom_score_adj"), "500");
  assert.is(await inside(["--sysctl", "kernel.msgmax=9000"], "cat /proc/sys/kernel/msgmax"), "9000");
  await refused(["--ipc", "host", "--sysctl", "kernel.msgmax=9000"], /IPC namespace is not the container's own/);
  await refused(["--sysctl", "vm.swappiness=1"], /would change the whole host/);
  await refused(["--sysctl", "net.ipv4.ip_forward"], /it has no value/);
  assert.match((await cala.run(["run", "--rm", "--network", "host", "--sysctl", "net.ipv4.ip_forward=1", "busybox", "true"])).stderr, /network namespace is not the container's own/);
});

test("--systemd always: directories in memory, an id, and SIGRTMIN+3 as the stop signal", async () => {
  assert.equal((await inside(["--systemd", "always", "--shm-size-systemd", "1m"], "for d in /run /run/lock /tmp /var/log/journal; do stat -f -c '%T' $d; done; echo ${#container_uuid}; grep ' /run ' /proc/mounts | grep -c size=1024k")).split("\n"), ["tmpfs", "tmpfs", "tmpfs", "tmpfs", "32", "1"]);
  await cala.ok(["create", "--name", "unit", "--systemd=always", "--network", "none", "busybox", "true"]);
  assert.is(await cala.ok(["inspect", "--format", "{{.Config.StopSignal}}", "unit"]), "SIGRTMIN+3");
  await cala.ok(["rm", "unit"]);
  await refused(["--systemd", "perhaps"], /invalid value "perhaps" for --systemd/);
});

test("--privileged has every capability of the container's own user namespace, and none outside", async () => {
  const seen = await payload(cala, ["--privileged"]);
  assert.match(seen.status["CapEff"] ?? "", /^0000[0-9a-f]*f{6,}$/);
  assert.is(seen.status["Seccomp"], "0");
  chmodSync(shared, 0o700);
  assert.is(await inside(["--privileged"], "mount -t tmpfs none /mnt 2>/dev/null || mkdir -p /mnt && mount -t tmpfs none /mnt && echo mounted; (echo 1 > /proc/sys/vm/swappiness) 2>/dev/null || echo refused; mknod /m b 7 0 2>/dev/null || echo no node"), "mounted\nrefused\nno node");
});

test("what only root or cgroup v1 can do is refused with the reason", async () => {
  await refused(["--cpu-rt-runtime", "5"], /--cpu-rt-runtime is not possible: cgroup v2 has no realtime limits/);
  await refused(["--memory-swappiness", "5"], /no swappiness/);
  await refused(["--oom-kill-disable"], /always kills/);
  await refused(["--rdt-class", "x"], /only root/);
  assert.is(await inside(["--memory-swappiness", "-1", "--oom-kill-disable=false"], "echo runs"), "runs");
});

test("--chrootdirs has the container's hosts file in further roots; --image-volume takes its word", async () => {
  assert.is(await inside(["--chrootdirs", "/var/other", "--add-host", "peer:10.1.2.3"], "grep -c peer /var/other/etc/hosts"), "1");
  await refused(["--image-volume", "other"], /image-volume/);
  assert.is(await inside(["--image-volume", "ignore"], "echo runs"), "runs");
});

test("--ipc container:NAME shares message queues, semaphores and /dev/shm, whatever ids the two have", async () => {
  for (const [name, ids] of [["plain", []], ["kept", ["--userns", "keep-id"]]] as const) {
    await cala.ok(["run", "-d", "--name", name, "--network", "none", ...ids, "--shm-size", "2m", "busybox", "sh", "-c", "umask 0; echo first > /dev/shm/one; exec sleep 1000"]);
    await waitFor("the file", async () => (await cala.run(["exec", name, "cat", "/dev/shm/one"])).stdout === "first\n", 30_000);
    assert.is(await cala.ok(["run", "--rm", "--network", "none", "--ipc", `container:${name}`, ...ids, "busybox", "sh", "-c", `cat /dev/shm/one; echo second > /dev/shm/two; ${mountedOn("/dev/shm")} | grep -c size=2048k; readlink /proc/self/ns/ipc`]),
      `first\n1\n${await cala.ok(["exec", name, "readlink", "/proc/self/ns/ipc"])}`);
    assert.is(await cala.ok(["exec", name, "cat", "/dev/shm/two"]), "second");
    await cala.ok(["rm", "-f", "-t", "0", name]);
  }
  await cala.ok(["create", "--name", "resting", "--network", "none", "busybox", "true"]);
  await refused(["--ipc", "container:resting"], /resting/);
  await cala.ok(["rm", "resting"]);
});

test.run();
