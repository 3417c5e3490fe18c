// deadline: 240 s
/** Ways out of a container that others have found, tried against ours; most bear the number of their CVE. */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { spawn } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { busyboxLayer, payloadLayer } from "./harness/busybox.ts";
import { startFakeRegistry } from "./harness/fake-registry.ts";
import { distDir } from "./harness/places.ts";
import { fixtureProgram } from "./harness/programs.ts";
import { run, type Finished } from "./harness/spawn.ts";
import { prepareSuite, type Payload } from "./harness/suite.ts";
import { tarBytes, type TarEntry } from "./harness/tar.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "escapes");
const fake = await startFakeRegistry();
test.after(fake.stop);
cala.useRegistry(fake.address);

const intruder = await fixtureProgram("intruder");
const [base, payloadFiles] = [await busyboxLayer(), await payloadLayer()];
const intruderFile: TarEntry = { name: "bin/intruder", mode: 0o755, content: readFileSync(intruder) };
const hostile = tarBytes([intruderFile, { name: "bin/self", mode: 0o755, content: "#!/proc/self/exe\n" }]);
fake.serve("hostile", [base, payloadFiles, hostile], { Cmd: ["sh"] });

/** What must not be seen from inside, and must not change. */
const secret = "swordfish of the host";
const outside = join(cala.home, "outside");
mkdirSync(join(outside, "sub"), { recursive: true });
writeFileSync(join(outside, "marker"), secret);
cpSync(intruder, join(outside, "program"));

const none = ["run", "--rm", "--network", "none"] as const;

/** Serves an image with further entries on top of the hostile one. */
function serve(name: string, entries: readonly TarEntry[], config: Parameters<typeof fake.serve>[2] = { Cmd: ["sh"] }): string {
  fake.serve(name, [base, payloadFiles, hostile, tarBytes(entries)], config);
  return name;
}

/** The host's directory as it was, whatever the container tried. */
function outsideState(): string {
  return readdirSync(outside, { recursive: true }).sort().map((name) => String(name)).join(" ") + readFileSync(join(outside, "marker"), "utf8");
}

/** Attempts that an intruder printed as "NAME: ok". */
function successes(output: string): string[] {
  return output.split("\n").filter((line) => line.endsWith(": ok")).map((line) => line.replace(/: ok$/, ""));
}

test("nothing that belongs to the host's root can be done, mounted or written", async () => {
  assert.equal(successes(await cala.ok([...none, "hostile", "intruder", "kernel"])), []);
});

test("a process sees and signals none but the container's", async () => {
  const output = await cala.ok([...none, "hostile", "intruder", "kernel"]);
  assert.match(output, /^processes of others: 0$/m);
  assert.match(output, /^ptrace parent: E3$/m);
});

test("a user namespace made inside opens nothing; CVE-2022-0185: not even the parsers of mount options; CVE-2022-0492: no release_agent", async () => {
  const output = await cala.ok([...none, "hostile", "intruder", "nested"]);
  // Its own control groups as a view, its own namespaces: harmless. Masks keep a new /proc and /sys from being mounted.
  const harmless = ["unshare", "mount cgroup", "mount cgroup2", "leave the cgroup", "setns own mount namespace"];
  assert.equal(successes(output).filter((name) => !harmless.includes(name)), []);
  assert.match(output, /^fsopen: E38$/m);
});

test("--privileged is root of the container, not of the host", async () => {
  const output = await cala.ok([...none, "--privileged", "hostile", "intruder", "kernel"]);
  const forbidden = /^(write \/(proc|sys)|mknod|mount (debugfs|ext4|devtmpfs)|parent of|owner of|ptrace|memory of|kernel log|handle of|up from|write release)/;
  assert.equal(successes(output).filter((name) => forbidden.test(name)), []);
});

/** A copy of the build that belongs to this user, as with an installation in the home directory. */
function ownInstallation(): string {
  const dir = join(cala.root, "program");
  cpSync(distDir, dir, { recursive: true, filter: (path) => path === distDir || /^(cala.*|koffi\.node|node-path)$/.test(basename(path)) });
  const link = join(cala.root, "own-bin", "cala");
  mkdirSync(join(link, ".."));
  symlinkSync(join(dir, "cala-native"), link);
  return link;
}

test("CVE-2019-5736, CVE-2016-9962: who comes in by exec or starts as /proc/self/exe cannot be grabbed, traced or overwritten", async () => {
  const program = ownInstallation();
  const own = async (...args: readonly string[]): Promise<Finished> => await run(program, args, { cwd: cala.home, env: { ...cala.env, CALA_PROGRAM_DIR: undefined } });
  const native = join(cala.root, "program", "cala-native");
  const hash = (): string => createHash("sha256").update(readFileSync(native)).digest("hex");
  const before = hash();
  assert.is((await own("run", "-d", "--name", "stalker", "--network", "none", "hostile", "intruder", "stalk", "6")).code, 0);
  await waitFor("the stalker", async () => (await own("logs", "stalker")).stdout.includes("stalking"));
  for (const words of [["/proc/self/exe"], ["self"], ["true"], ["/proc/self/exe", "init", "--", "sleep", "0.1"], ["sleep", "0.1"]]) await own("exec", "stalker", ...words);
  for (const words of [["/proc/self/exe"], ["self"]]) await own(...none, "hostile", ...words);
  assert.is((await own("wait", "stalker")).stdout.trim(), "0");
  const log = (await own("logs", "stalker")).stdout;
  assert.match(log, /^done$/m);
  assert.not.match(log, /opened for writing|caught|traced/, log.slice(0, 4000));
  assert.is(hash(), before);
});

test("CVE-2019-5736: the program of --init cannot be written to", async () => {
  const output = await cala.ok([...none, "--init", "hostile", "intruder", "overwrite", "/proc/1/exe"]);
  assert.equal(successes(output).filter((name) => name !== "change of mode"), []);
});

/** Runs cala with descriptors 3 to 12 open on a directory of the host. */
async function withDescriptors(args: readonly string[]): Promise<Finished> {
  return await run(intruder, ["with-directory", outside, join(cala.root, "bin", "cala"), ...args], { cwd: cala.home, env: cala.env });
}

const descriptors = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

test("CVE-2024-21626: no descriptor of the caller or of ours reaches a container", async () => {
  await cala.ok(["run", "-d", "--name", "reached", "--network", "none", "hostile", "sleep", "100"]);
  for (const words of [[...none, "hostile"], ["exec", "reached"]]) {
    const { stdout } = await withDescriptors([...words, "payload"]);
    assert.equal(Object.keys((JSON.parse(stdout) as Payload).fds).sort(), ["0", "1", "2"], words.join(" "));
  }
  await cala.ok(["rm", "--force", "--time", "0", "reached"]);
});

test("CVE-2024-21626: a working directory below /proc/self/fd is none", async () => {
  await cala.ok(["run", "-d", "--name", "reached", "--network", "none", "hostile", "sleep", "100"]);
  const look = ["sh", "-c", "cat marker ../marker ../../home/outside/marker ../../../home/outside/marker; pwd"];
  for (const fd of descriptors) {
    for (const place of [`/proc/self/fd/${fd}`, `/proc/1/fd/${fd}`, `/proc/self/fd/${fd}/sub`]) {
      const ends = [await withDescriptors([...none, "-w", place, "hostile", ...look]), await withDescriptors(["exec", "-w", place, "reached", ...look])];
      for (const end of ends) assert.not.match(end.stdout + end.stderr, /swordfish/, place);
    }
  }
  await cala.ok(["rm", "--force", "--time", "0", "reached"]);
});

test("CVE-2024-21626: a program below /proc/self/fd is none", async () => {
  await cala.ok(["run", "-d", "--name", "reached", "--network", "none", "hostile", "sleep", "100"]);
  const up = "../".repeat(12);
  for (const fd of descriptors) {
    for (const program of [`/proc/self/fd/${fd}/program`, `/proc/self/fd/${fd}/${up}${join(outside, "program").slice(1)}`]) {
      const ends = [await withDescriptors([...none, "hostile", program, "overwrite", "/"]), await withDescriptors(["exec", "reached", program, "overwrite", "/"])];
      for (const end of ends) {
        assert.is.not(end.code, 0, program);
        assert.not.match(end.stdout, /write/, program);
      }
    }
  }
  await cala.ok(["rm", "--force", "--time", "0", "reached"]);
});

const climbing = `/../../../../../../../../..${outside}`;

test("CVE-2021-30465, CVE-2023-27561: destinations that are links of the image stay inside", async () => {
  const before = outsideState();
  const images: readonly (readonly [name: string, entries: readonly TarEntry[], options: readonly string[]])[] = [
    ["etc-link", [{ name: "etc", type: "symlink", target: climbing }], []],
    ["etc-up", [{ name: "etc", type: "symlink", target: `../../../../../../..${outside}` }], []],
    ["hosts-link", [{ name: "etc/hosts", type: "symlink", target: join(outside, "marker") }, { name: "etc/resolv.conf", type: "symlink", target: join(climbing, "new-file") }], []],
    ["data-link", [{ name: "data", type: "symlink", target: outside }], ["-v", "fresh:/data", "--tmpfs", "/data/sub", "-v", `${distDir}:/data/new/deep:ro`]],
    ["data-up", [{ name: "data", type: "symlink", target: climbing }], ["--tmpfs", "/data", "-w", "/data/new"]],
    ["deep-link", [{ name: "a/", type: "directory" }, { name: "a/b", type: "symlink", target: climbing }], ["-v", "other:/a/b/made/by/mount", "-w", "/a/b/made/by/directory"]],
    ["proc-link", [{ name: "proc", type: "symlink", target: climbing }, { name: "sys", type: "symlink", target: outside }], []],
    ["dev-link", [{ name: "dev", type: "symlink", target: climbing }], []],
    ["loop", [{ name: "data", type: "symlink", target: "data" }], ["--tmpfs", "/data"]],
  ];
  for (const [name, entries, options] of images) {
    const end = await cala.run([...none, ...options, serve(name, entries), "sh", "-c", `cat ${outside}/marker /data/marker /etc/marker /a/b/marker /proc/marker /etc/hosts; find / -xdev -name marker`]);
    assert.not.match(end.stdout, /swordfish/, name);
    assert.is(outsideState(), before, name);
  }
});

/** What masks and read-only paths are for, whatever the image has in their places. */
const maskCheck = "for name in /proc/keys /proc/timer_list /proc/kcore; do cat $name 2>/dev/null | head -c 1; done; for name in /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq/0/x; do (echo x > $name) 2>/dev/null && echo wrote $name; done; ls /proc/acpi /sys/firmware 2>/dev/null | grep -v : | grep .";

test("CVE-2025-31133, CVE-2023-28642, CVE-2025-52881: masks hold though the image replaces /dev/null, /proc or /sys", async () => {
  const images: readonly (readonly [name: string, entries: readonly TarEntry[], volumes: readonly string[]])[] = [
    ["plain", [], []],
    ["null-link", [{ name: "dev/null", type: "symlink", target: "/proc/sys/kernel/core_pattern" }], ["/dev"]],
    ["null-file", [{ name: "dev/null", content: "no device" }], ["/dev"]],
    ["proc-elsewhere", [{ name: "proc", type: "symlink", target: "lib/elsewhere" }], []],
    ["proc-to-sys", [{ name: "proc", type: "symlink", target: "sys" }], []],
    ["proc-volume", [{ name: "proc/sys/net/ipv4/ping_group_range", content: "1 0" }, { name: "proc/self/attr/exec", content: "" }], ["/proc"]],
    ["proc-below", [], ["/proc/keys", "/proc/sys/kernel", "/proc/acpi"]],
  ];
  for (const [name, entries, volumes] of images) {
    const config = { Cmd: ["sh"], ...(volumes.length === 0 ? {} : { Volumes: Object.fromEntries(volumes.map((path) => [path, {}])) }) };
    const end = await cala.run([...none, serve(name, entries, config), "sh", "-c", `mount | grep -q ' /proc type proc' || exit 0; ${maskCheck}`]);
    assert.is(end.stdout, "", `${name}: ${end.stderr}`);
  }
});

test("CVE-2025-52565: /dev/console is the container's terminal and covers nothing else", async () => {
  const links: readonly TarEntry[] = [{ name: "dev/console", type: "symlink", target: "/proc/sys/kernel/core_pattern" }, { name: "dev/pts/0", content: "no terminal" }, { name: "dev/ptmx", type: "symlink", target: "/etc/passwd" }];
  for (const [name, config] of [["console", { Cmd: ["sh"] }], ["console-volume", { Cmd: ["sh"], Volumes: { "/dev": {} } }]] as const) {
    const pty = await cala.pty([...none, "-t", serve(name, links, config), "sh", "-c", `mount | grep core_pattern; (echo x > /proc/sys/kernel/core_pattern) 2>&1; ${maskCheck}`]);
    await pty.ended;
    assert.not.match(pty.output(), /core_pattern type|wrote/, name);
  }
});

test("keys of the caller's session are not the container's", async () => {
  const program = join(cala.root, "bin", "cala");
  const withKey = async (...words: readonly string[]): Promise<Finished> => await run(intruder, ["with-key", ...words], { cwd: cala.home, env: cala.env });
  assert.match((await withKey(intruder, "keys")).stdout, /^search the session: ok$/m, "the key is there at all");
  assert.equal(successes((await withKey(program, ...none, "hostile", "intruder", "keys")).stdout), []);
  await withKey(program, "run", "-d", "--name", "keyless", "--network", "none", "hostile", "sleep", "100");
  const looked = await withKey(program, "exec", "keyless", "intruder", "keys");
  assert.match(looked.stdout, /^request: E/m);
  assert.equal(successes(looked.stdout), []);
  await cala.ok(["rm", "--force", "--time", "0", "keyless"]);
});

test("environment, umask, ignored signals and priorities of the caller stay outside", async () => {
  const script = "umask 0077; trap '' HUP INT USR1 PIPE; exec \"$@\"";
  const inside = async (...words: readonly string[]): Promise<Payload> => {
    const end = await run("sh", ["-c", script, "sh", join(cala.root, "bin", "cala"), ...words], { cwd: cala.home, env: { ...cala.env, CALA_TEST_SECRET: secret, LD_PRELOAD_OF_CALLER: "1" } });
    return JSON.parse(end.stdout) as Payload;
  };
  await inside("run", "-d", "--name", "outer", "--network", "none", "hostile", "sleep", "100").catch(() => undefined);
  for (const seen of [await inside(...none, "hostile", "payload"), await inside("exec", "outer", "payload")]) {
    assert.not.match(seen.env.join("\n"), /swordfish|CALLER|CALA_|XDG|USER=/);
    assert.is(seen.umask, 0o022);
    assert.is(seen.status["SigIgn"], "0000000000000000");
    assert.is(seen.status["SigBlk"], "0000000000000000");
  }
  await cala.ok(["rm", "--force", "--time", "0", "outer"]);
});

test("the caller's terminal is not reached without -t, and with -t there is but one's own", async () => {
  await cala.ok(["run", "-d", "--name", "typist", "--network", "none", "hostile", "sleep", "100"]);
  for (const words of [[...none, "hostile"], [...none, "-i", "hostile"], ["exec", "typist"], ["exec", "-i", "typist"]]) {
    const pty = await cala.pty([...words, "intruder", "terminal"]);
    assert.is(await pty.ended, 0);
    assert.match(pty.output(), /terminal standard output: E25/);
    assert.not.match(pty.output(), /: ok/, words.join(" "));
  }
  const own = await cala.pty([...none, "-t", "hostile", "sh", "-c", "readlink /proc/self/fd/0; readlink /proc/self/fd/1"]);
  assert.is(await own.ended, 0);
  assert.match(own.output(), /^(\/dev\/(pts\/0|console)\s+){2}$/);
  await cala.ok(["rm", "--force", "--time", "0", "typist"]);
});

test("an abstract socket of the host is not there for a container with a network of its own", async () => {
  const name = `cala-escapes-${process.pid}`;
  const server = spawn(intruder, ["abstract", name], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => server.stdout.once("data", resolve));
  try {
    assert.match((await run(intruder, ["connect", name])).stdout, /ok/, "it is there at all");
    assert.equal(successes(await cala.ok([...none, "hostile", "intruder", "connect", name])), []);
    assert.equal(successes(await cala.ok(["run", "--rm", "hostile", "intruder", "connect", name])), []);
  } finally {
    server.kill();
  }
});

test("services on the host's loopback are not reached through the network of a container with --no-host-loopback", async () => {
  const server = createServer((socket) => socket.end("hello\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = String(typeof address === "object" && address !== null ? address.port : 0);
  try {
    assert.is((await run(intruder, ["reach", "127.0.0.1", port])).code, 0, "it is there at all");
    const gateway = "$(ip route | sed -n 's/^default via \\([0-9.]*\\).*/\\1/p')";
    for (const network of ["pasta", "slirp4netns"]) {
      const script = `for host in 127.0.0.1 10.0.2.2 10.0.2.3 169.254.1.1 169.254.1.2 ${gateway} $(sed -n 's/ *host.containers.internal.*//p' /etc/hosts); do intruder reach $host ${port}; done; true`;
      const end = await cala.run(["run", "--rm", "--network", network, "--no-host-loopback", "hostile", "sh", "-c", script]);
      assert.equal(successes(end.stdout), [], `${network}: ${end.stdout}${end.stderr}`);
    }
  } finally {
    server.close();
  }
});

test("a bind shows what is below it, and nothing beside it", async () => {
  const end = await cala.run([...none, "-v", `${join(outside, "sub")}:/sub`, "hostile", "sh", "-c", `cat /sub/../marker /sub/up/marker ${outside}/marker; ln -s .. /sub/up; cat /sub/up/marker; ls /home`]);
  assert.not.match(end.stdout, /swordfish/);
});

test("setuid programs and file capabilities work inside, unless no-new-privileges forbids", async () => {
  // vfs_cap_data version 2: cap_net_bind_service, effective and permitted.
  const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
  const program = readFileSync(await fixtureProgram("payload"));
  serve("raised", [{ name: "bin/raised", mode: 0o4755, content: program }, { name: "bin/capable", mode: 0o755, content: program, xattrs: { "security.capability": capability } }]);
  const seen = async (options: readonly string[], name: string): Promise<readonly [number, string | undefined]> => {
    const payload = JSON.parse(await cala.ok([...none, "-u", "1000", ...options, "raised", name])) as Payload & { readonly euid: number };
    return [payload.euid, payload.status["CapEff"]];
  };
  const forbid = ["--security-opt", "no-new-privileges"];
  assert.is((await seen([], "raised"))[0], 0);
  assert.equal(await seen(forbid, "raised"), [1000, "0000000000000000"]);
  assert.is((await seen([], "capable"))[1], "0000000000000400");
  assert.is((await seen(forbid, "capable"))[1], "0000000000000000");
});

test.run();
