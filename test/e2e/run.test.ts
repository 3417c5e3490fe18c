import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { payload, prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "run", ["busybox", "configured"]);

/** A container's words that need no network. */
const none = ["run", "--rm", "--network", "none"] as const;

test("run pulls the image, prints what the command prints and ends with its status", async () => {
  const run = await cala.run([...none, "busybox", "sh", "-c", "echo out; echo err >&2; exit 42"]);
  assert.is(run.code, 42);
  assert.is(run.stdout, "out\n");
  assert.match(run.stderr, /err\n$/);
});

test("a container has its own namespaces, and not one of the caller's", async () => {
  const seen = await payload(cala);
  for (const name of ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"]) {
    assert.is.not(seen.namespaces[name], readlinkSync(`/proc/self/ns/${name}`), name);
  }
  assert.is(seen.pid, 1);
});

test("a container has podman's default capabilities, a filter of system calls and no extra descriptors", async () => {
  const seen = await payload(cala);
  // chown dac_override fowner fsetid kill net_bind_service setfcap setgid setpcap setuid sys_chroot: podman 4's default_capabilities
  for (const set of ["CapPrm", "CapEff", "CapBnd"]) assert.is(seen.status[set], "00000000800405fb", set);
  assert.is(seen.status["Seccomp"], "2");
  assert.equal(Object.keys(seen.fds).sort(), ["0", "1", "2"]);
});

const capabilityCases: ReadonlyArray<readonly [options: readonly string[], effective: string]> = [
  [["--cap-drop", "all"], "0000000000000000"],
  [["--cap-drop=ALL", "--cap-add=NET_RAW"], "0000000000002000"],
  [["--cap-drop", "all", "--cap-add", "cap_chown,kill"], "0000000000000021"],
  [["--cap-add", "sys_ptrace"], "00000000800c05fb"],
];

for (const [options, effective] of capabilityCases) {
  test(`${options.join(" ")} gives the capabilities ${effective}`, async () => {
    assert.is((await payload(cala, options)).status["CapEff"], effective);
  });
}

test("the environment is the image's, then the command line's, then the environment file's where nothing else says", async () => {
  const file = join(cala.home, "env");
  writeFileSync(file, "# comment\nFROM_FILE=a=b c\nBOTH=file\nFROM_CALLER\n");
  const seen = await payload(cala, ["--env-file", file, "-e", "BOTH=option", "--env=EMPTY=", "-e", "HOME_OF_CALLER", "--entrypoint", ""], "configured").catch(async () => await payload(cala, ["--env-file", file, "-e", "BOTH=option", "--env=EMPTY="]));
  for (const pair of ["FROM_FILE=a=b c", "BOTH=option", "EMPTY="]) assert.ok(seen.env.includes(pair), pair);
});

test("-e NAME takes the caller's value, and nothing where the caller has none", async () => {
  const out = await cala.ok([...none, "-e", "GIVEN", "-e", "NOT_GIVEN", "busybox", "env"], { env: { GIVEN: "a b" } });
  assert.match(out, /^GIVEN=a b$/m);
  assert.not.match(out, /NOT_GIVEN/);
});

test("an image's config is followed: entrypoint, command, user, directory and environment", async () => {
  const seen = JSON.parse(await cala.ok([...none, "configured"])) as Awaited<ReturnType<typeof payload>>;
  assert.equal(seen.args, ["/bin/payload", "json", "from-image"]);
  assert.is(seen.uid, 1000);
  assert.is(seen.cwd, "/work/dir");
  assert.ok(seen.env.includes("SPACED=a b"));
  assert.ok(seen.env.includes("HOME=/home/app"));
});

test("words after the image replace the command, --entrypoint the entrypoint", async () => {
  assert.is(await cala.ok([...none, "--entrypoint", "echo", "configured", "a", "b"]), "a b");
  assert.is(await cala.ok([...none, "--entrypoint", "[\"/bin/sh\",\"-c\"]", "configured", "echo json"]), "json");
});

const userCases: ReadonlyArray<readonly [user: string, uid: number, gid: number, groups: readonly number[]]> = [
  ["app", 1000, 1000, [50, 1000, 2000]], ["1000", 1000, 1000, [50, 1000, 2000]], ["app:extra", 1000, 2000, [2000]], ["1234:5678", 1234, 5678, [5678]], ["65000", 65000, 0, [0]], ["nobody", 65534, 65534, [65534]],
];

for (const [user, uid, gid, groups] of userCases) {
  test(`-u ${user} is user ${uid}, group ${gid}`, async () => {
    const seen = await payload(cala, ["-u", user]);
    assert.is(seen.uid, uid);
    assert.is(seen.gid, gid);
    assert.equal([...new Set([gid, ...seen.groups])].sort((a, b) => a - b), [...new Set([gid, ...groups])].sort((a, b) => a - b));
  });
}

test("an ordinary user in the container has no effective capabilities", async () => {
  assert.is((await payload(cala, ["-u", "app"])).status["CapEff"], "0000000000000000");
});

test("-w, --hostname and --ulimit are what the program sees", async () => {
  const seen = await payload(cala, ["-w", "/var/tmp", "--hostname", "named", "--ulimit", "nofile=100:200", "--ulimit=core=0"]);
  assert.is(seen.cwd, "/var/tmp");
  assert.is(seen.hostname, "named");
  assert.equal(seen.limits["nofile"], [100, 200]);
  assert.equal(seen.limits["core"], [0, 0]);
});

test("without --hostname the name is the id's beginning", async () => {
  const cidfile = join(cala.home, "cid");
  const seen = await payload(cala, ["--cidfile", cidfile]);
  assert.is(seen.hostname, readFileSync(cidfile, "utf8").trim().slice(0, 12));
  const before = await cala.ok(["ps", "-aq"]);
  assert.match((await cala.fails([...none, "--cidfile", cidfile, "busybox", "true"])).stderr, /id file exists/);
  for (const words of [["stop"], ["rm"], ["kill"], ["pause"], ["restart"]]) assert.match((await cala.fails([...words, "--cidfile", "/no/such/cid"])).stderr, /cannot read "\/no\/such\/cid": no such file or directory/);
  for (const words of [["stop", "--ignore"], ["rm", "--ignore"], ["rm", "-f"]]) assert.is(await cala.ok([...words, "--cidfile", "/no/such/cid"]), "");
  assert.match((await cala.fails([...none, "--cidfile", "/no/such/dir/cid", "busybox", "true"])).stderr, /"\/no\/such\/dir\/cid": no such file or directory$/m);
  assert.is(await cala.ok(["ps", "-aq"]), before);
  await cala.fails(["create", "--cidfile", `${cidfile}-2`, "--name", "a/b", "busybox"]);
  assert.is(existsSync(`${cidfile}-2`), false);
});

test("--security-opt no-new-privileges is set, and is not by default", async () => {
  assert.is((await payload(cala)).noNewPrivileges, 0);
  assert.is((await payload(cala, ["--security-opt", "no-new-privileges"])).noNewPrivileges, 1);
  assert.is((await payload(cala, ["--security-opt=no-new-privileges:true"])).noNewPrivileges, 1);
});

test("--security-opt seccomp=unconfined removes the filter", async () => {
  assert.is((await payload(cala, ["--security-opt", "seccomp=unconfined"])).status["Seccomp"], "0");
});

test("a bind mount shows the host's files, is written as the caller, and :ro refuses", async () => {
  const dir = join(cala.home, "shared");
  mkdirSync(dir);
  writeFileSync(join(dir, "file"), "of the host\n");
  assert.is(await cala.ok([...none, "-v", `${dir}:/w`, "busybox", "sh", "-c", "cat /w/file; echo new > /w/made"]), "of the host");
  assert.is(statSync(join(dir, "made")).uid, process.getuid?.());
  const refused = await cala.run([...none, "-v", `${dir}:/w:ro`, "busybox", "touch", "/w/no"]);
  assert.is(refused.code, 1);
  assert.match(refused.stderr, /Read-only/);
  assert.is(await cala.ok([...none, "--mount", `type=bind,source=${dir},target=/w,readonly`, "busybox", "cat", "/w/made"]), "new");
  const sandwich = await cala.run([...none, "--mount", `type=bind,src=${dir}/missing,dst=/w`, "busybox", "true"]);
  assert.is(sandwich.code, 125);
});

test("--tmpfs and --mount type=tmpfs are memory of the size asked for", async () => {
  const out = await cala.ok([...none, "--tmpfs", "/a:size=1m,mode=700", "--mount", "type=tmpfs,destination=/b,tmpfs-size=2097152", "busybox", "sh", "-c", "df -k /a /b | tail -n 2; stat -c %a /a"]);
  assert.match(out, /^tmpfs\s+1024\b/m);
  assert.match(out, /^tmpfs\s+2048\b/m);
  assert.match(out, /^700$/m);
});

test("--read-only leaves the root unwritable and /tmp writable", async () => {
  const run = await cala.run([...none, "--read-only", "busybox", "sh", "-c", "touch /tmp/yes && touch /no"]);
  assert.is(run.code, 1);
  assert.match(run.stderr, /\/no: Read-only/);
});

test("--init reaps orphans and passes signals on", async () => {
  assert.is(await cala.ok([...none, "--init", "busybox", "payload", "orphans", "5"]), "0");
  assert.is.not((await payload(cala, ["--init"])).pid, 1);
  assert.is((await cala.run([...none, "--init", "busybox", "sh", "-c", "kill -TERM $$; sleep 9"])).code, 143);
});

test("masked paths are empty, read-only paths are read-only, and devices are the usual ones", async () => {
  const out = await cala.ok([...none, "busybox", "sh", "-c", "cat /proc/kcore | wc -c; cat /proc/keys | wc -c; echo 1 > /proc/sys/kernel/panic; ls /dev; mount | grep -c ' /proc/'"]).catch((error: Error) => error.message);
  for (const name of ["full", "null", "core", "ptmx", "pts", "random", "shm", "tty", "urandom", "zero", "fd", "stdin", "stdout", "stderr", "mqueue"]) assert.match(out, new RegExp(`^${name}$`, "m"));
  assert.match(out, /^0$/m);
  assert.match(await cala.ok([...none, "busybox", "cat", "/etc/mtab"]), /^\S+ \/ overlay .*\nproc \/proc proc /);
});

test("standard input goes in with -i, and is empty without", async () => {
  assert.is(await cala.ok([...none, "-i", "busybox", "cat"], { input: "through\n" }), "through");
  assert.is(await cala.ok([...none, "busybox", "cat"], { input: "not through\n" }), "");
  const long = "x".repeat(3_000_000);
  assert.is((await cala.ok([...none, "-i", "busybox", "cat"], { input: long })).length, long.length);
});

test("ten megabytes of output arrive whole", async () => {
  assert.is((await cala.run([...none, "busybox", "payload", "flood", "10000000"])).stdout.length, 10_000_000);
});

test("--network host and container:NAME share what they name", async () => {
  const host = JSON.parse(await cala.ok(["run", "--rm", "--network", "host", "busybox", "payload"])) as Awaited<ReturnType<typeof payload>>;
  assert.is(host.namespaces["net"], readlinkSync("/proc/self/ns/net"));
  await cala.ok(["run", "-d", "--name", "net-owner", "--network", "none", "busybox", "sleep", "100"]);
  const other = JSON.parse(await cala.ok(["exec", "net-owner", "payload"])) as Awaited<ReturnType<typeof payload>>;
  const shared = JSON.parse(await cala.ok(["run", "--rm", "--network", "container:net-owner", "busybox", "payload"])) as Awaited<ReturnType<typeof payload>>;
  assert.is(shared.namespaces["net"], other.namespaces["net"]);
});

test("--pull never fails for an image that is not there; --pull always asks the registry", async () => {
  const never = await cala.fails(["run", "--rm", "--pull", "never", "never-heard-of", "true"]);
  assert.is(never.code, 125);
  await cala.ok([...none, "--pull=always", "busybox", "true"]);
});

test.run();
