/** A plain exec runs without Node, from what was compiled at the launch. Nobody may be able to tell. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CallOptions } from "./harness/cala.ts";
import type { Finished } from "./harness/spawn.ts";
import { prepareSuite, type Payload } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "exec-shortcut");

/** Node is not there to be run. */
const native = { CALA_NODE: "/bin/false" };
const throughNode = { CALA_NO_SHORTCUT: "1" };

const containers: Readonly<Record<string, readonly string[]>> = {
  plain: ["--network", "none"],
  user: [
    "--network", "none", "-u", "1000:50", "-w", "/tmp", "-e", "A=b c", "-e", "TERM=dumb", "-e", "EMPTY=", "--group-add", "2000", "--cap-add", "NET_RAW", "--cap-drop", "CHOWN",
    "--ulimit", "nofile=100:200", "--ulimit", "core=0", "--security-opt", "no-new-privileges", "--umask", "0077",
  ],
  privileged: ["--network", "none", "--privileged"],
  unconfined: ["--network", "none", "--security-opt", "seccomp=unconfined", "--ipc", "host", "--uts", "host"],
  terminal: ["--network", "none", "-t", "-i", "--init", "--read-only"],
  joined: ["--network", "container:plain", "--pid", "container:plain"],
};

/** What does not change from one process to the next. */
function lasting(text: string): unknown {
  const { pid: _, ppid: __, pgid: ___, sid: ____, status, fds, ...rest } = JSON.parse(text) as Payload;
  const credentials = Object.entries(status).filter(([key]) => /^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|Sig|Shd|Umask|TracerPid|CoreDumping|Name)/.test(key) && key !== "SigQ");
  const descriptors = Object.entries(fds).map(([fd, target]) => [fd, target.replace(/\d+/g, "N")]);
  return { ...rest, status: Object.fromEntries(credentials), fds: Object.fromEntries(descriptors) };
}

async function onTerminal(words: readonly string[], env: Record<string, string>): Promise<string> {
  const pty = await cala.pty(words, { env: { ...cala.env, ...env }, rows: 31, columns: 97 });
  assert.is(await pty.ended, 0, pty.output());
  return pty.output();
}

for (const [name, options] of Object.entries(containers)) {
  test(`in a container with ${options.join(" ")}, a process sees the same either way`, async () => {
    await cala.ok(["run", "-d", "--name", name, ...options, "busybox", "sleep", "1000"]);
    for (const switches of [[], ["-i"]]) {
      const words = ["exec", ...switches, name, "payload"];
      const input: CallOptions = { input: "typed" };
      assert.equal(lasting(await cala.ok(words, { ...input, env: native })), lasting(await cala.ok(words, { ...input, env: throughNode })), switches.join(" "));
    }
    for (const switches of [["-t"], ["-i", "--tty"], ["-it"]]) {
      const words = ["exec", ...switches, name, "payload"];
      const [one, other] = [lasting(await onTerminal(words, native)), lasting(await onTerminal(words, throughNode))];
      assert.equal(one, other, switches.join(" "));
      assert.equal([(one as Payload).rows, (one as Payload).columns], [31, 97]);
    }
  });
}

const ends: ReadonlyArray<readonly [words: readonly string[], code: number]> = [
  [["plain", "true"], 0],
  [["plain", "sh", "-c", "echo out; echo err >&2; exit 3"], 3],
  [["plain", "sh", "-c", "kill -TERM $$"], 143],
  [["plain", "/etc/passwd"], 126],
  [["plain", "/etc"], 126],
  [["plain", "no-such-command"], 127],
  [["plain", "no \"quotes\"\\ and\nlines ü"], 127],
  [["plain", ""], 127],
  [["user", "no-such-command"], 127],
  [["-t", "plain", "no-such-command"], 127],
  [["-d", "plain", "no-such-command"], 127],
  [["-i", "plain", "cat"], 0],
  [["plain", "cat"], 0],
  [["stranger", "true"], 125],
  [["plain"], 125],
];

for (const [words, code] of ends) {
  test(`exec ${JSON.stringify(words)} ends with ${code} and the same words either way`, async () => {
    const call = async (env: Record<string, string>): Promise<Pick<Finished, "code" | "stdout" | "stderr">> => {
      const { code: ended, stdout, stderr } = await cala.run(["exec", ...words], { env, input: "typed\n" });
      return { code: ended, stdout, stderr };
    };
    const direct = await call({});
    assert.is(direct.code, code);
    assert.equal(direct, await call(throughNode));
  });
}

test("in the background", async () => {
  assert.is(await cala.ok(["exec", "-d", "plain", "sh", "-c", "payload > /seen.new; mv /seen.new /seen"], { env: native }), "");
  assert.is(await cala.ok(["exec", "-d", "--detach-keys", "ctrl-a", "plain", "sh", "-c", "payload > /other.new; mv /other.new /other"]), "");
  await waitFor("both to have ended", async () => (await cala.run(["exec", "plain", "ls", "/seen", "/other"])).code === 0);
  const [seen, other] = [await cala.ok(["exec", "plain", "cat", "/seen"]), await cala.ok(["exec", "plain", "cat", "/other"])];
  assert.equal(lasting(seen.replaceAll("seen.new", "FILE")), lasting(other.replaceAll("other.new", "FILE")));
});

test("after a restart, and under another name, a container is entered as it is now", async () => {
  const start = ["exec", "plain", "cat", "/proc/1/stat"]; // with the time of its start; numbers of namespaces are used again
  const before = await cala.ok(start, { env: native });
  await cala.ok(["rm", "-f", "-t", "0", "joined"]);
  await cala.ok(["restart", "-t", "0", "plain"]);
  assert.is.not(await cala.ok(start, { env: native }), before);
  await cala.ok(["rename", "plain", "renamed"]);
  assert.is(await cala.ok(["exec", "renamed", "echo", "here"], { env: native }), "here");
  assert.match((await cala.fails(["exec", "renamed", "no-such-command"])).stderr, /in container "renamed"/);
  await cala.ok(["stop", "-t", "0", "renamed"]);
  const [direct, asked] = [await cala.fails(["exec", "renamed", "true"]), await cala.fails(["exec", "renamed", "true"], { env: throughNode })];
  assert.equal([direct.code, direct.stderr], [asked.code, asked.stderr]);
  assert.is(direct.code, 255);
});

test("where a profile could have changed since the launch, Node looks at it", async () => {
  const profile = join(cala.home, "profile.json");
  writeFileSync(profile, '{"defaultAction":"SCMP_ACT_ALLOW"}');
  const id = await cala.ok(["run", "-d", "--name", "profiled", "--network", "none", "--security-opt", `seccomp=${profile}`, "busybox", "sleep", "1000"]);
  assert.not(existsSync(join(cala.root, "data/containers", id, "exec-plan")));
  assert.is(await cala.ok(["exec", "profiled", "echo", "here"]), "here");
});

test.run();
