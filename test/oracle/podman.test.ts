/** `podman run` and `cala run` with the same words: what the program sees, what it may do, how it ends. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";
import { fixtureProgram } from "../e2e/harness/programs.ts";
import type { Finished } from "../e2e/harness/spawn.ts";
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
  { fact: /^env TERM$/, cala: /^absent$/, other: /^xterm$/, reason: "without a terminal docker sets none, and no more do we" },
  { fact: /^env container$/, cala: /^cala$/, other: /^podman$/, reason: "the name of the engine" },
  { fact: /^groups$/, other: /^\[\]$/, reason: "podman 4.3 leaves a process's own group out of its supplementary ones, so that a group that is denied something gets it after setgid (CVE-2022-2989)" },
  { fact: /^limit nproc$/, other: /32768/, reason: "podman 4.3 cuts it to the kernel's pid_max; we leave what the user has" },
  { fact: /^mount \/ (data|type)$|^process rootType$/, reason: "this podman's storage is vfs" },
  { fact: /^path \/$/, cala: /^directory 0755/, other: /^directory 0555/, reason: "an image without an entry for its root: 0755 as in docker" },
  { fact: /^mount \/dev\/shm data$|^process shmBytes$/, cala: /65536k|67108864/, other: /64000k|65536000/, reason: "64 MB are 64 MiB, as in docker" },
  { fact: /^(mount|path) \/etc\/resolv\.conf\b/, other: /^absent$|^E2$/, reason: "podman leaves it out where there is no network; docker does not" },
  { fact: /^mount \/(probe|shared|flat|fixed) options$/, cala: /^nodev,nosuid,/, other: /^relatime,/, reason: "crun 1.8 forgets nosuid and nodev of a recursive bind" },
  { fact: /^mount \/(proc|sys)\b.* options$/, cala: /^(nodev,)?noexec,nosuid,relatime,ro$/, other: /^relatime,ro$/, reason: "masks and read-only paths keep what the mount below them forbids; crun mounts them anew" },
  { fact: /^mount \/\S+ data$/, other: /size=0k/, reason: "crun gives the empty tmpfs over a masked directory a size of 0; it is read-only either way" },
  { fact: /^process parentDeathSignal$/, cala: /^9$/, other: /^0$/, reason: "a container ends with its monitor" },
  { fact: /^process sessionKeyring$/, cala: /;_ses$/, other: /;ID$/, reason: "crun names its keyring after the container; ours has no name that another could claim first" },
  { fact: /^syscall 43[0-3]$/, cala: /^E38$/, reason: "fsopen, fsconfig, fsmount and fspick want CAP_SYS_ADMIN of us, as of docker (CVE-2022-0185)" },
  { fact: /^narrow syscall 43[0-3]$/, cala: /^E38$/, reason: "the same of a 32-bit program" },
  { fact: /^uidMap$/, reason: "podman's container lives in the outer user namespace; ours has one of its own in it" },
  { fact: /^mount \/dev\/console options$/, cala: /^noexec,nosuid,/, other: /^relatime,/, reason: "crun hardens the default devices and no other; we harden all" },
  { fact: /^mount \/run\/podman-init /, cala: /^absent$/, reason: "our init is executed from memory and needs no file in the container" },
  { fact: /^status SigBlk$/, cala: /^0+$/, other: /^0000000000380000$/, reason: "catatonit leaves signals blocked in its child" },
  { fact: /^device |^mount \/dev\/\S+ /, cala: /^absent$/, other: /, E(13|21)$|^noexec,nosuid,relatime,rw$|^mode=755,|^devtmpfs |^$/, reason: "podman binds every device of the host into a privileged container; we bind those that the user can open" },
  { fact: /^mount \/run\/\.containerenv /, other: /^absent$/, reason: "podman's tmpfs on /run covers it where the root is read-only" },
  { fact: /^path \/run$/, cala: /^directory 0755/, other: /^directory 1777/, reason: "a tmpfs that is filled from the image has the mode of the image's directory, as with runc; crun makes it 1777" },
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
  ["-w", "/var/tmp", "--hostname", "named", "-e", "A=b c", "-e", "HOME=/elsewhere", "--env", "TERM=vt100"],
  ["--init"],
];

const used = new Set<Accepted>();

/** The ids of containers and of directories of podman's storage. */
function containerIds(payload: Payload): Record<string, string> {
  return Object.fromEntries([...JSON.stringify(payload).matchAll(/\b[0-9a-f]{64}\b/g)].map(([id]) => [id, "ID"]));
}

async function facts(run: (words: readonly string[]) => Promise<string>, names: Readonly<Record<string, string>>, calls: boolean): Promise<Facts> {
  const payload = JSON.parse(await run(["payload"])) as Payload;
  const allowed = JSON.parse(await run(["/probe"])) as Probe;
  const answers = calls ? (JSON.parse(await run(["/probe", "syscalls"])) as SyscallProbe) : { native: [], narrow: [] };
  const name = { ...names, ...containerIds(payload) };
  return factsOf({ ...payload, env: payload.env.filter((entry) => !entry.startsWith("HOSTNAME=")), hostname: /^[0-9a-f]{12}$/.test(payload.hostname) ? "ID" : payload.hostname }, allowed, answers, name);
}

/** podman 4.3 now and then loses the end of a container with --rm on a busy machine, which another process of its own has removed: it is asked again. */
async function podmanRun(words: readonly string[]): Promise<Finished> {
  for (let attempt = 0; ; attempt += 1) {
    const finished = await podman.run(words);
    if (attempt === 9 || !finished.stderr.includes("container has already been removed")) return finished;
  }
}

/** Likewise it loses the output of a short container. */
async function podmanOutput(words: readonly string[]): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    const finished = await podmanRun(words);
    if (finished.code !== 0) throw new Error(`podman ended with ${finished.code}: ${finished.stderr}`);
    if (finished.stdout !== "" || attempt === 3) return finished.stdout;
  }
}

for (const options of variants) {
  test(`run ${options.join(" ")}`.trimEnd().replaceAll(cala.home, "HOME"), async () => {
    const calls = options.length === 0 || options.includes("sys_admin");
    const words = (command: readonly string[]): string[] => ["run", "--rm", "--network", "none", "-v", `${probe}:/probe:ro`, ...options, image, ...command];
    // The ids as podman has them: a user and a directory of one's own would make cala choose others (keep-id).
    const ours = await facts(async (command) => await cala.ok(["run", "--userns", "private", ...words(command).slice(1)]), { [cala.root]: "ROOT" }, calls);
    const theirs = await facts(async (command) => await podmanOutput(words(command)), { [podman.root]: "ROOT", [cala.root]: "ROOT" }, calls);
    const rest = unaccepted(differences(ours, theirs), accepted, used);
    if (rest.length > 0) throw new Error(`differences that no entry accepts:\n${describeDifferences(rest, "podman")}`);
  });
}

test("every accepted difference is still there", () => {
  const idle = accepted.filter((entry) => !used.has(entry)).map((entry) => `${entry.fact}: ${entry.reason}`);
  if (idle.length > 0) throw new Error(`not met any more:\n${idle.join("\n")}`);
});

/** Masked by later versions of podman only: the counters of power betray secrets (CVE-2020-8694). */
const maskedLater = "/sys/devices/virtual/powercap";

/** The masked and the read-only paths of a config, which this host may have or not. */
function masksOf(text: string): readonly (readonly string[])[] {
  const { linux = {} } = JSON.parse(text) as { readonly linux?: { readonly maskedPaths?: readonly string[]; readonly readonlyPaths?: readonly string[] } };
  return [(linux.maskedPaths ?? []).filter((path) => path !== maskedLater).sort(), [...(linux.readonlyPaths ?? [])].sort()];
}

for (const options of [[], ["--security-opt", "unmask=ALL"], ["--security-opt", "unmask=/proc/acpi:/sys/firmware"], ["--security-opt", "unmask=/proc/*"], ["--security-opt", "mask=/home:/etc/group"], ["--privileged"]]) {
  test(`the paths that crun is told to mask and to make read-only are podman's: ${options.join(" ")}`.trimEnd(), async () => {
    const words = ["create", "--network", "none", ...options, image, "true"];
    const [ours, theirs] = [await cala.ok(words), (await podmanOutput(words)).trim()];
    const initialised = await podman.run(["init", theirs]);
    assert.is(initialised.code, 0, initialised.stderr);
    const file = (await podmanOutput(["inspect", "--format", "{{.OCIConfigPath}}", theirs])).trim();
    assert.equal(masksOf(readFileSync(join(cala.root, "data/containers", ours, "config.json"), "utf8")), masksOf(readFileSync(file, "utf8")));
    await podman.run(["rm", "-f", "-t", "0", theirs]);
    await cala.ok(["rm", ours]);
  });
}

const endings: readonly (readonly string[])[] = [
  ["busybox", "true"], ["busybox", "sh", "-c", "exit 3"], ["busybox", "sh", "-c", "kill -9 $$"], ["busybox", "sh", "-c", "kill -TERM 1; exit 7"], ["busybox", "no-such-program"],
  ["busybox", "/etc/passwd"], ["busybox", "/etc"], ["busybox", ""], ["-w", "/etc/passwd", "busybox", "true"], ["-u", "nobody-knows", "busybox", "true"], ["-v", "/nowhere/at/all:/x", "busybox", "true"],
  ["--no-such-option", "busybox", "true"], ["--cap-add", "nonsense", "busybox", "true"], ["--sysctl", "kernel.panic=1", "busybox", "true"], ["--ulimit", "nofile=99999999", "busybox", "true"], ["--network", "nonsense", "busybox", "true"],
];

/** Where cala ends with another code than podman: cala's, then why. */
const otherEndings: readonly (readonly [words: string, code: number, reason: string])[] = [
  ["busybox ", 127, "a program without a name is missing, not forbidden: docker's code"],
  ["--ulimit nofile=99999999 busybox true", 125, "said before a container is made"],
];

for (const ending of endings) {
  test(`ends with podman's code: ${ending.join(" ")}`, async () => {
    const words = ["run", "--rm", "--pull=never", ...(ending.includes("--network") ? [] : ["--network", "none"]), ...ending.map((word) => (word === "busybox" ? image : word))];
    const [ours, theirs] = await Promise.all([cala.run(words), podmanRun(words)]);
    const other = otherEndings.find(([text]) => text === ending.join(" "));
    if (other !== undefined) assert.is.not(ours.code, theirs.code, `podman ends so, too, by now: ${other[2]}`);
    assert.is(ours.code, other?.[1] ?? theirs.code, `cala: ${ours.stderr}podman: ${theirs.stderr}`);
    assert.is(ours.stdout, theirs.stdout);
  });
}

/** Lines with their white space evened out, without comments, in order. */
function evened(text: string): string[] {
  return text.split("\n").map((line) => line.trim().replace(/\s+/g, " ")).filter((line) => line !== "" && !line.startsWith("#")).sort();
}

let shapes = 0;
test("/etc/hosts, /etc/resolv.conf and /etc/hostname are of podman's shape", async () => {
  for (const options of [["--network", "none"], ["--hostname", "named", "--add-host", "other:192.0.2.1", "--dns", "192.0.2.53", "--dns-search", "example.org", "--dns-option", "ndots:3"]]) {
    const read = async (output: (words: readonly string[]) => Promise<string>, file: string): Promise<string[]> => {
      // A name for each: podman may still be removing the one before.
      const stdout = await output(["run", "--rm", "--name", `shape${shapes++}`, ...options, image, "cat", file]);
      // The host's address is the network's affair; docker's name for it is ours in addition.
      // podman 4.3's networks have no IPv6.
      return evened(stdout.replace(/\bshape\d+\b/g, "NAME").replace(/^fd77:.*\n/m, "").replace(/\S+(?=\s+host\.containers\.internal)/g, "HOST").replace(" host.docker.internal", "").replace(/\b[0-9a-f]{12}\b/g, "ID").replace(/\b10\.0\.2\.100\b|\b\d+\.\d+\.\d+\.\d+(?= named| ID)/g, "OWN-ADDRESS"));
    };
    // podman leaves resolv.conf out where there is no network.
    for (const file of ["/etc/hosts", "/etc/hostname", ...(options.includes("none") ? [] : ["/etc/resolv.conf"])]) {
      // Nobody answers there where a container has no network.
      const theirs = (await read(podmanOutput, file)).filter((line) => !options.includes("none") || !line.endsWith(" host.containers.internal"));
      assert.equal(await read(cala.ok, file), theirs, `${options.join(" ")}: ${file}`);
    }
  }
});

test.run();
