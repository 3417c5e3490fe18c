/** The same OCI config under cala and under crun: what the process sees and may do must be the same. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import { needs } from "../runner/skip.ts";
import { fixtureProgram } from "../e2e/harness/programs.ts";
import { startPty } from "../e2e/harness/pty.ts";
import { prepareSuite, type Payload } from "../e2e/harness/suite.ts";
import { describeDifferences, unaccepted, type Accepted } from "./accepted.ts";
import { crunCommand, missingForCrun, runCrun, type Adjustment } from "./crun.ts";
import { differences, factsOf, type Facts, type Names, type Probe, type SyscallProbe } from "./facts.ts";

const missing = await missingForCrun();
needs(missing ?? "", missing === undefined);
const { cala } = await prepareSuite(test, "oracle", ["busybox"]);
const probe = await fixtureProgram("probe");

const accepted: readonly Accepted[] = [
  { fact: /^groups$/, other: /^\[\]$/, reason: "podman, like us, gives a process its own group as a supplementary one, too; the config has no place for it where the user is a name" },
  { fact: /^env HOME$/, cala: /^\/$/, other: /^absent$/, reason: "podman, like us, sets HOME=/ for a user that /etc/passwd does not have" },
  { fact: /^mount \/(proc|sys|dev|home|etc)\b.* options$/, cala: /^nodev,noexec,nosuid,relatime,ro$|^noexec,nosuid,relatime,ro$/, other: /^relatime,ro$/, reason: "masks and read-only paths keep what the mount below them forbids; crun mounts them anew" },
  { fact: /^mount \/\S+ data$/, other: /size=0k/, reason: "crun gives the empty tmpfs over a masked directory a size of 0; it is read-only either way" },
  { fact: /^mount \/dev\/\S+ options$/, cala: /^noexec,nosuid,relatime,rw$/, other: /^relatime,rw$/, reason: "crun hardens the default devices and no other; we harden all" },
  { fact: /^mount \/(shared|flat) options$/, cala: /^nodev,nosuid,relatime,rw$/, other: /^relatime,rw$/, reason: "crun 1.8 forgets nosuid and nodev of a recursive bind that is writable" },
  { fact: /^process parentDeathSignal$/, cala: /^9$/, other: /^0$/, reason: "a container ends with its monitor" },
  { fact: /^process sessionKeyring$/, cala: /;_ses$/, other: /;both-\d+$/, reason: "crun names its keyring after the container; ours has no name that another could claim first" },
  { fact: /^path \/run$/, cala: /^directory 0755/, other: /^directory 1777/, reason: "a tmpfs that is filled from the image has the mode of the image's directory, as with podman's own tmpfs" },
  { fact: /^device init$|^mount \/dev\/init /, cala: /^absent$/, reason: "our init is executed from memory and needs no file in the container" },
  { fact: /^(rows|columns)$/, other: /^0$/, reason: "crun on its own does not pass the size of the terminal" },
];

interface Variant {
  readonly name: string;
  readonly options: readonly string[];
  readonly adjustment?: Adjustment;
  /** On a terminal. */
  readonly terminal?: boolean;
  /** Tries every system call; takes a second. */
  readonly calls?: boolean;
}

const shared = join(cala.home, "shared");
mkdirSync(shared);
writeFileSync(join(shared, "file"), "of the host\n");

const variants: readonly Variant[] = [
  { name: "no options", options: [], calls: true },
  { name: "a user by number", options: ["-u", "1234:5678"], adjustment: { user: { uid: 1234, gid: 5678 } }, calls: true },
  { name: "a user by name", options: ["-u", "app"], adjustment: { user: { uid: 1000, gid: 1000, additionalGids: [1000, 2000, 50] } } },
  { name: "a user with a capability", options: ["-u", "1234", "--cap-add", "net_bind_service,sys_time"], adjustment: { user: { uid: 1234, gid: 0 } } },
  { name: "--cap-add", options: ["--cap-add", "sys_admin,net_admin,sys_ptrace"], calls: true },
  { name: "--cap-drop", options: ["--cap-drop", "all"] },
  { name: "--read-only", options: ["--read-only"] },
  { name: "--tmpfs", options: ["--tmpfs", "/scratch:size=1m,mode=700,noexec", "--tmpfs", "/var/tmp"] },
  { name: "binds", options: ["-v", `${shared}:/shared`, "-v", `${shared}:/fixed:ro`, "-v", `${shared}/file:/etc/one:ro,noexec`, "--mount", `type=bind,src=${shared},dst=/flat,bind-propagation=rslave`] },
  { name: "--ulimit", options: ["--ulimit", "nofile=100:200", "--ulimit", "core=0", "--ulimit", "stack=1000000:2000000"] },
  { name: "--init", options: ["--init"], adjustment: { init: true } },
  { name: "--privileged", options: ["--privileged"], adjustment: { privileged: true }, calls: true },
  { name: "a terminal", options: ["-it"], terminal: true },
  { name: "unmask=ALL", options: ["--security-opt", "unmask=ALL"] },
  { name: "mask", options: ["--security-opt", "mask=/etc/passwd:/home", "--security-opt", "unmask=/proc/acpi"] },
  { name: "--sysctl", options: ["--sysctl", "net.ipv4.ip_forward=1", "--sysctl", "kernel.msgmax=4096"] },
  { name: "no-new-privileges", options: ["--security-opt", "no-new-privileges", "-u", "1234"], adjustment: { user: { uid: 1234, gid: 0 } } },
  { name: "no filter", options: ["--security-opt", "seccomp=unconfined"], adjustment: { unfiltered: true } },
  { name: "directory, umask, host name and environment", options: ["-w", "/var/new/deep", "--umask", "077", "--hostname", "named", "-e", "A=b c", "-e", "HOME=/elsewhere"] },
  { name: "--oom-score-adj and --shm-size", options: ["--oom-score-adj", "500", "--shm-size", "1m"] },
  { name: "the host's name", options: ["--uts", "host"] },
];

let number = 0;
const used = new Set<Accepted>();

/** Runs one program under both; standard output of each. */
async function runBoth(variant: Variant, words: readonly string[]): Promise<readonly [string, string, string]> {
  const name = `both-${number++}`;
  // The ids as the image has them: a user of one's own and a directory of one's own would make cala choose others (keep-id).
  const args = ["run", "--name", name, "--userns", "private", "--network", "none", "-v", `${probe}:/probe:ro`, ...variant.options, "busybox", ...words];
  const adjustment = { ...variant.adjustment, args: words };
  if (variant.terminal !== true) return [await cala.ok(args), await runCrun(cala, name, adjustment), name];
  const ours = await cala.pty(args, { rows: 33, columns: 101 });
  await ours.ended;
  return [ours.output(), await outputOfCrunsTerminal(name, adjustment), name];
}

/** crun prints what the terminal holds as an error of its own, with a time and a colour, where the program has ended before crun relays; then it is asked again. */
async function outputOfCrunsTerminal(name: string, adjustment: Adjustment): Promise<string> {
  const words = await crunCommand(cala, name, adjustment);
  for (let attempt = 1; ; attempt += 1) {
    const theirs = await startPty(words, { rows: 33, columns: 101, env: { ...process.env, ...cala.env }, cwd: cala.home });
    await theirs.ended;
    if (attempt === 10 || !/^\u001b\[[0-9;]*m\d{4}-\d\d-\d\dT/.test(theirs.output())) return theirs.output();
  }
}

function parse(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    throw new Error(`not what the program prints: ${output}`);
  }
}

async function factsOfBoth(variant: Variant): Promise<readonly [Facts, Facts]> {
  const names: Record<string, string> = { [cala.root]: "ROOT" };
  const read = async (words: readonly string[]): Promise<readonly [string, string]> => {
    const [ours, theirs, name] = await runBoth(variant, words);
    const id = await cala.ok(["inspect", "--format", "{{.Id}}", name]);
    Object.assign(names, { [id]: "ID", [id.slice(0, 12)]: "ID" } satisfies Names);
    return [ours, theirs];
  };
  const noCalls = JSON.stringify({ native: [], narrow: [] } satisfies SyscallProbe);
  const outputs = [await read(["payload"]), await read(["/probe"]), variant.calls === true ? await read(["/probe", "syscalls"]) : [noCalls, noCalls]] as const;
  const facts = (side: 0 | 1): Facts => factsOf(parse(outputs[0][side]) as Payload, parse(outputs[1][side]) as Probe, parse(outputs[2][side]) as SyscallProbe, names);
  return [facts(0), facts(1)];
}

for (const variant of variants) {
  test(`${variant.name}: cala makes of its config what crun makes of it`, async () => {
    const [ours, theirs] = await factsOfBoth(variant);
    const rest = unaccepted(differences(ours, theirs), accepted, used);
    if (rest.length > 0) throw new Error(`differences that no entry accepts:\n${describeDifferences(rest, "crun")}`);
  });
}

test("every accepted difference is still there", () => {
  const idle = accepted.filter((entry) => !used.has(entry)).map((entry) => `${entry.fact}: ${entry.reason}`);
  if (idle.length > 0) throw new Error(`not met any more:\n${idle.join("\n")}`);
});

test.run();
