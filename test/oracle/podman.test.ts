/** `podman run` and `cala run` with the same words: what the program sees, what it may do, how it ends. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";
import { fixtureProgram } from "../e2e/harness/programs.ts";
import { prepareSuite, type Payload } from "../e2e/harness/suite.ts";
import { describeDifferences, unaccepted, type Accepted } from "./accepted.ts";
import { missingForCrun } from "./crun.ts";
import { differences, factsOf, type Facts, type Probe, type SyscallProbe } from "./facts.ts";
import { missingForPodman, startPodman } from "./podman.ts";

const missing = (await missingForPodman()) ?? (await missingForCrun());
needs(missing ?? "", missing === undefined);
const { cala, registry } = await prepareSuite(test, "podman", ["busybox"]);
const image = registry.reference("busybox");
const podman = await startPodman(image);
test.after(async () => await podman.close());
const probe = await fixtureProgram("probe");

const accepted: readonly Accepted[] = [
];

const shared = join(cala.home, "shared");
mkdirSync(shared);
writeFileSync(join(shared, "file"), "of the host\n");

const variants: readonly (readonly string[])[] = [
  [],
  ["-u", "1234:5678"],
  ["-u", "app"],
  ["-u", "app:extra", "--group-add", "4000"],
  ["-u", "1234", "--cap-add", "net_bind_service"],
  ["--cap-add", "sys_admin"],
  ["--cap-drop", "all", "--cap-add", "chown"],
  ["--read-only"],
  ["--tmpfs", "/scratch:size=1m,mode=700,noexec", "--tmpfs", "/var/tmp"],
  ["-v", `${shared}:/shared`, "-v", `${shared}:/fixed:ro`, "-v", "named:/data", "-v", "/anonymous", "--mount", `type=bind,src=${shared},dst=/flat,readonly`],
  ["--ulimit", "nofile=100:200", "--ulimit", "core=0"],
  ["--privileged"],
  ["-t"],
  ["--security-opt", "unmask=ALL"],
  ["--security-opt", "no-new-privileges", "--security-opt", "seccomp=unconfined"],
  ["--sysctl", "net.ipv4.ip_forward=1", "--shm-size", "1m", "--umask", "077"],
  ["-w", "/var/new/deep", "--hostname", "named", "-e", "A=b c", "-e", "HOME=/elsewhere", "--env", "TERM=vt100"],
  ["--init"],
];

const used = new Set<Accepted>();

async function facts(run: (words: readonly string[]) => Promise<string>, names: Readonly<Record<string, string>>, calls: boolean): Promise<Facts> {
  const payload = JSON.parse(await run(["payload"])) as Payload;
  const allowed = JSON.parse(await run(["/probe"])) as Probe;
  const answers = calls ? (JSON.parse(await run(["/probe", "syscalls"])) as SyscallProbe) : { native: [], narrow: [] };
  return factsOf({ ...payload, env: payload.env.filter((entry) => !entry.startsWith("HOSTNAME=")), hostname: /^[0-9a-f]{12}$/.test(payload.hostname) ? "ID" : payload.hostname }, allowed, answers, names);
}

for (const options of variants) {
  test(`run ${options.join(" ")}`.trimEnd().replaceAll(cala.home, "HOME"), async () => {
    const calls = options.length === 0 || options.includes("sys_admin");
    const words = (command: readonly string[]): string[] => ["run", "--rm", "--network", "none", "-v", `${probe}:/probe:ro`, ...options, image, ...command];
    const ours = await facts(async (command) => await cala.ok(words(command)), { [cala.root]: "ROOT" }, calls);
    const theirs = await facts(async (command) => {
      const finished = await podman.run(words(command));
      if (finished.code !== 0) throw new Error(`podman ended with ${finished.code}: ${finished.stderr}`);
      return finished.stdout;
    }, { [podman.root]: "ROOT" }, calls);
    const rest = unaccepted(differences(ours, theirs), accepted, used);
    if (rest.length > 0) throw new Error(`differences that no entry accepts:\n${describeDifferences(rest, "podman")}`);
  });
}

test("every accepted difference is still there", () => {
  const idle = accepted.filter((entry) => !used.has(entry)).map((entry) => `${entry.fact}: ${entry.reason}`);
  if (idle.length > 0) throw new Error(`not met any more:\n${idle.join("\n")}`);
});

const endings: readonly (readonly string[])[] = [
  ["busybox", "true"], ["busybox", "sh", "-c", "exit 3"], ["busybox", "sh", "-c", "kill -9 $$"], ["busybox", "sh", "-c", "kill -TERM 1; exit 7"], ["busybox", "no-such-program"],
  ["busybox", "/etc/passwd"], ["busybox", "/etc"], ["busybox", ""], ["-w", "/etc/passwd", "busybox", "true"], ["-u", "nobody-knows", "busybox", "true"], ["-v", "/nowhere/at/all:/x", "busybox", "true"],
  ["--no-such-option", "busybox", "true"], ["--cap-add", "nonsense", "busybox", "true"], ["--sysctl", "kernel.panic=1", "busybox", "true"], ["--ulimit", "nofile=99999999", "busybox", "true"], ["--network", "nonsense", "busybox", "true"],
];

for (const ending of endings) {
  test(`ends with podman's code: ${ending.join(" ")}`, async () => {
    const words = ["run", "--rm", "--pull=never", ...(ending.includes("--network") ? [] : ["--network", "none"]), ...ending.map((word) => (word === "busybox" ? image : word))];
    const [ours, theirs] = await Promise.all([cala.run(words), podman.run(words)]);
    assert.is(ours.code, theirs.code, `cala: ${ours.stderr}podman: ${theirs.stderr}`);
    assert.is(ours.stdout, theirs.stdout);
  });
}

/** Lines with their white space evened out, without comments, in order. */
function evened(text: string): string[] {
  return text.split("\n").map((line) => line.trim().replace(/\s+/g, " ")).filter((line) => line !== "" && !line.startsWith("#")).sort();
}

test("/etc/hosts, /etc/resolv.conf and /etc/hostname are of podman's shape", async () => {
  for (const options of [["--network", "none"], ["--hostname", "named", "--add-host", "other:192.0.2.1", "--dns", "192.0.2.53", "--dns-search", "example.org", "--dns-option", "ndots:3"]]) {
    const read = async (run: (words: readonly string[]) => Promise<{ stdout: string }>, file: string): Promise<string[]> => {
      const { stdout } = await run(["run", "--rm", "--name", "shape", ...options, image, "cat", file]);
      return evened(stdout.replace(/\b[0-9a-f]{12}\b/g, "ID").replace(/\b10\.0\.2\.100\b|\b\d+\.\d+\.\d+\.\d+(?= named| ID)/g, "OWN-ADDRESS"));
    };
    for (const file of ["/etc/hosts", "/etc/resolv.conf", "/etc/hostname"]) {
      assert.equal(await read(cala.run, file), await read(podman.run, file), `${options.join(" ")}: ${file}`);
    }
  }
});

test.run();
