// deadline: 400 s
/** Ways out of a container that others have found, tried against ours; most bear the number of their CVE. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
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

const native = join(cala.root, "program", "cala-native");
/** The program as an intruder would change it: its content, and its mode. */
const programState = (): string => `${createHash("sha256").update(readFileSync(native)).digest("hex")} ${statSync(native).mode.toString(8)}`;

/** Runs a copy of the build that belongs to this user, as with an installation in the home directory. */
async function own(...args: readonly string[]): Promise<Finished> {
  const link = join(cala.root, "own-bin", "cala");
  if (!existsSync(link)) {
    cpSync(distDir, join(native, ".."), { recursive: true, filter: (path) => path === distDir || /^(cala.*|koffi\.node|node-path)$/.test(basename(path)) });
    mkdirSync(join(link, ".."));
    symlinkSync(native, link);
  }
  return await run(link, args, { cwd: cala.home, env: { ...cala.env, CALA_PROGRAM_DIR: undefined } });
}

test("CVE-2019-5736, CVE-2016-9962: who comes in by exec or starts as /proc/self/exe cannot be grabbed, traced or overwritten", async () => {
  assert.is((await own("--version")).code, 0);
  const before = programState();
  assert.is((await own("run", "-d", "--name", "stalker", "--network", "none", "hostile", "intruder", "stalk", "6")).code, 0);
  await waitFor("the stalker", async () => (await own("logs", "stalker")).stdout.includes("stalking"));
  for (const words of [["/proc/self/exe"], ["self"], ["true"], ["/proc/self/exe", "init", "--", "sleep", "0.1"], ["sleep", "0.1"]]) await own("exec", "stalker", ...words);
  for (const words of [["/proc/self/exe"], ["self"]]) await own(...none, "hostile", ...words);
  assert.is((await own("wait", "stalker")).stdout.trim(), "0");
  const log = (await own("logs", "stalker")).stdout;
  assert.match(log, /^done$/m);
  assert.not.match(log, /opened for writing|caught|traced/, log.slice(0, 4000));
  assert.is(programState(), before);
});

test("CVE-2019-5736: the program of --init is none of the host's: it cannot be written to, and a change of its mode changes nothing outside", async () => {
  assert.is((await own("--version")).code, 0);
  const before = programState();
  const end = await own(...none, "--init", "hostile", "intruder", "overwrite", "/proc/1/exe");
  assert.match(end.stdout, /^write by descriptor: E/m, end.stderr);
  assert.equal(successes(end.stdout).filter((name) => name !== "change of mode"), []);
  assert.is(programState(), before);
});

/** Runs cala with descriptors 3 to 12 open on a directory of the host. */
async function withDescriptors(args: readonly string[]): Promise<Finished> {
  return await run(intruder, ["with-directory", outside, join(cala.root, "bin", "cala"), ...args], { cwd: cala.home, env: cala.env });
}

const descriptors = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

test("CVE-2024-21626: no descriptor of the caller or of ours reaches a container", async () => {
  await cala.ok(["run", "-d", "--name", "reached", "--network", "none", "hostile", "sleep", "1000"]);
  for (const words of [[...none, "hostile"], ["exec", "reached"]]) {
    const { stdout } = await withDescriptors([...words, "payload"]);
    assert.equal(Object.keys((JSON.parse(stdout) as Payload).fds).sort(), ["0", "1", "2"], words.join(" "));
  }
  await cala.ok(["rm", "--force", "--time", "0", "reached"]);
});

test("CVE-2024-21626: a working directory below /proc/self/fd is none", async () => {
  await cala.ok(["run", "-d", "--name", "reached", "--network", "none", "hostile", "sleep", "1000"]);
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
  await cala.ok(["run", "-d", "--name", "reached", "--network", "none", "hostile", "sleep", "1000"]);
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

type Destination = readonly [name: string, entries: readonly TarEntry[], options: readonly string[]];

/** Starts a container of each image; what its links lead to must be the container's own. */
async function stayInside(images: readonly Destination[]): Promise<void> {
  const before = outsideState();
  for (const [name, entries, options] of images) {
    const end = await cala.run([...none, ...options, serve(name, entries), "sh", "-c", `cat ${outside}/marker /data/marker /etc/marker /a/b/marker /proc/marker /etc/hosts; find / -xdev -name marker`]);
    assert.not.match(end.stdout, /swordfish/, name);
    assert.is(outsideState(), before, name);
  }
}

test("CVE-2021-30465: destinations of mounts that are links of the image stay inside", async () => {
  await stayInside([
    ["etc-link", [{ name: "etc", type: "symlink", target: climbing }], []],
    ["etc-up", [{ name: "etc", type: "symlink", target: `../../../../../../..${outside}` }], []],
    ["hosts-link", [{ name: "etc/hosts", type: "symlink", target: join(outside, "marker") }, { name: "etc/resolv.conf", type: "symlink", target: join(climbing, "new-file") }], []],
    ["data-link", [{ name: "data", type: "symlink", target: outside }], ["-v", "fresh:/data", "--tmpfs", "/data/sub", "-v", `${distDir}:/data/new/deep:ro`]],
    ["data-up", [{ name: "data", type: "symlink", target: climbing }], ["--tmpfs", "/data", "-w", "/data/new"]],
    ["deep-link", [{ name: "a/", type: "directory" }, { name: "a/b", type: "symlink", target: climbing }], ["-v", "other:/a/b/made/by/mount", "-w", "/a/b/made/by/directory"]],
    ["dev-link", [{ name: "dev", type: "symlink", target: climbing }], []],
    ["loop", [{ name: "data", type: "symlink", target: "data" }], ["--tmpfs", "/data"]],
  ]);
});

test("CVE-2023-27561: an image whose /proc or /sys is a link has them inside, or none, and what is masked and read-only there is so", async () => {
  await stayInside([
    ["proc-link", [{ name: "proc", type: "symlink", target: climbing }, { name: "sys", type: "symlink", target: outside }], []],
    ["proc-up", [{ name: "proc", type: "symlink", target: `../../../../../..${outside}` }], []],
    ["proc-made", [{ name: "proc", type: "symlink", target: join(outside, "made") }], []],
    ["sys-made", [{ name: "sys", type: "symlink", target: `${climbing}/made` }], []],
  ]);
  for (const target of ["lib/aside", "/lib/aside"]) {
    const name = serve(`proc-aside${target.length}`, [{ name: "proc", type: "symlink", target }]);
    const end = await cala.run([...none, name, "sh", "-c", `cat /lib/aside/self/comm; ${maskCheck}`]);
    assert.is(end.stdout, "cat\n", `${target}: ${end.stderr}`);
  }
});

/** What masks and read-only paths are for, whatever the image has in their places; without /dev/null, which may be one of the masks. */
const maskCheck = "exec 2>&-; for name in /proc/keys /proc/timer_list /proc/kcore; do cat $name | head -c 1; done; for name in /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq/0/x; do (echo x > $name) && echo wrote $name; done; ls /proc/acpi /sys/firmware | grep -v : | grep .";

/** The configuration of an image whose volumes are in these places, with what the image has there. */
function withVolumes(...places: readonly string[]): Parameters<typeof fake.serve>[2] {
  return { Cmd: ["sh"], Volumes: Object.fromEntries(places.map((place) => [place, {}])) };
}

test("CVE-2025-31133, CVE-2023-28642: masks hold, and streams are nobody's, though the image replaces /dev/null; a mask that the image covers is refused", async () => {
  const images: readonly (readonly [name: string, entries: readonly TarEntry[], volumes: readonly string[], code: number])[] = [
    ["plain", [], [], 1],
    ["null-link", [{ name: "dev/null", type: "symlink", target: "/proc/sys/kernel/core_pattern" }], ["/dev"], 1],
    ["null-file", [{ name: "dev/null", content: "no device" }], ["/dev"], 1],
    ["proc-to-sys", [{ name: "proc", type: "symlink", target: "sys" }], [], 1],
    ["proc-below", [], ["/proc/keys", "/proc/sys/kernel", "/proc/acpi"], 125],
  ];
  for (const [name, entries, volumes, code] of images) {
    const end = await cala.run([...none, serve(name, entries, withVolumes(...volumes)), "sh", "-c", `grep . <&0; ${maskCheck}`]);
    assert.is(end.stdout, "", `${name}: ${end.stderr}`);
    assert.is(end.code, code, `${name}: ${end.stderr}`);
  }
});

test("CVE-2025-52881: what is written to /proc at a start goes to no file of the image, and to no other one of /proc", async () => {
  const [whole, part] = [join(cala.home, "false-proc"), join(cala.home, "false-part")];
  const settings = join(whole, "sys/net/ipv4");
  for (const dir of [settings, part]) mkdirSync(dir, { recursive: true });
  // What every container has set, then what this one asks for.
  for (const path of [join(settings, "ping_group_range"), join(part, "ping_group_range"), join(settings, "ip_default_ttl")]) writeFileSync(path, "1 0");
  symlinkSync("/proc/sys/kernel/msgmax", join(part, "ip_default_ttl"));
  serve("proc-volume", ["ping_group_range", "ip_default_ttl"].map((name) => ({ name: `proc/sys/net/ipv4/${name}`, content: "1 0" })), withVolumes("/proc"));
  for (const words of [["proc-volume"], ["-v", `${whole}:/proc`, "hostile"], ["-v", `${part}:/proc/sys/net/ipv4`, "hostile"]]) {
    const end = await cala.run([...none, "--sysctl", "net.ipv4.ip_default_ttl=99", ...words, "cat", "/proc/sys/kernel/msgmax", "/proc/sys/net/ipv4/ip_default_ttl"]);
    assert.not.match(end.stdout, /99/, `${words.join(" ")}: ${end.stdout}${end.stderr}`);
  }
  for (const path of [join(settings, "ping_group_range"), join(part, "ping_group_range"), join(settings, "ip_default_ttl")]) assert.is(readFileSync(path, "utf8"), "1 0", path);
});

test("CVE-2025-52565: /dev/console is the container's terminal and covers nothing else, and a link of the image in its place is refused", async () => {
  const seen = `exec 2>&-; mount | grep -E 'core_pattern|msgmax'; (echo 9000 > /dev/console); grep -x 9000 /proc/sys/kernel/msgmax; ${maskCheck}`;
  const numbers = Array.from({ length: 64 }, (_, index): TarEntry => ({ name: `dev/pts/${index}`, type: "symlink", target: "/proc/sys/kernel/msgmax" }));
  const links: readonly TarEntry[] = [{ name: "dev/console", type: "symlink", target: "/proc/sys/kernel/core_pattern" }, { name: "dev/ptmx", type: "symlink", target: "/etc/passwd" }];
  const images: readonly (readonly [name: string, entries: readonly TarEntry[], volumes: readonly string[], options: readonly string[], words: RegExp])[] = [
    ["console", [...links, ...numbers], [], [], /^[^]*9000\s*$/],
    ["console-points", numbers, ["/dev"], [], /cannot start container/],
    ["console-link", links, ["/dev"], ["--mount", "type=devpts,dst=/dev/pts"], /the image has a link there: \/dev\/console/],
  ];
  for (const [name, entries, volumes, options, words] of images) {
    await cala.ok(["pull", "-q", serve(name, entries, withVolumes(...volumes))]);
    const pty = await cala.pty([...none, "-t", ...options, name, "sh", "-c", seen]);
    await pty.ended;
    assert.match(pty.output(), words, name);
    assert.not.match(pty.output(), / on \/proc|wrote|9000\s+9000/, name);
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
  await cala.ok(["run", "-d", "--name", "typist", "--network", "none", "hostile", "sleep", "1000"]);
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
