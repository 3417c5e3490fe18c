import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, compileExec } from "../../../core/plan/compile.ts";
import { decodePlan, listPlan, type DecodedPlan } from "../../../core/plan/decode.ts";
import type { LaunchDetails } from "../../../core/plan/launch-details.ts";
import { sampleConfig, sampleDetails } from "./sample.ts";

const golden = `settings:
    0 monitor containerId="abc" logPath="/c/log" logMaxBytes=0 logMaxFiles=1 flags=6 stopSignal=0xf stopTimeoutMs=9 restartPolicy=0 restartMaximum=0 timeoutMs=0
    1 outer-map uids=["0 1000 1","1 100000 65536"] gids=["0 1000 1","1 100000 65536"]
    2 namespaces create=0x7e020000 flags=1
    3 nested-map uids=["0 0 1","1 1 65536"] gids=["0 0 1","1 1 65536"]
host:
    4 cgroup-create path="/cg/x"
    5 cgroup-write path="/cg/x/pids.max" value="5" (may fail)
    6 cgroup-join path="/cg/x"
    7 spawn name="net" when=1 ready=2 end=0 readyPath="" timeoutMs=5 argv=["/bin/net","{pid}"] env=[]
setup:
    8 root-overlay lowers=["/l/1","/l/2"] upper="/c/upper" work="/c/work" target="/c/rootfs" options=[]
    9 symlink target="/proc/mounts" path="/etc/mtab" (may fail)
   10 mount-filesystem type="proc" source="proc" destination="/proc" attributes=0xe propagation=0 flags=0 options=[] fallback=""
   11 mount-filesystem type="sysfs" source="sysfs" destination="/sys" attributes=0xf propagation=0 flags=0 options=[] fallback="/sys"
   12 copy-volume source="/vol" destination="/data"
   13 mount-bind source="/vol" destination="/data" attributes=1 propagation=0x84000 flags=9
   14 mount-filesystem type="tmpfs" source="tmpfs" destination="/tmp" attributes=0 propagation=0 flags=4 options=["size=1m"] fallback=""
   15 make-directory path="/srv" mode=0x1ed
   16 hostname name="box"
   17 loopback-up
   18 sysctl file="net/core/somaxconn" value="9"
   19 read-only-path path="/proc/sys"
   20 mask-path path="/proc/kcore"
   21 pivot-root propagation=0
   22 root-read-only
enter:
   23 rlimit resource=7 soft=0x400 hard=0xffffffffffffffff
   24 umask mask=0x12
   25 environment variables=["PATH=/bin"]
   26 working-directory path="/srv"
   27 bounding-capabilities bounding=CAP_CHOWN,CAP_KILL
   28 user user="app:staff" groups=["7","wheel"] flags=2
   29 seccomp filter=<16 bytes> flags=0
   30 capabilities effective=CAP_CHOWN permitted=CAP_CHOWN inheritable= ambient=
   31 exec arguments=["sh","-c","true"] flags=1
cleanup:
   32 remove-links directory="/names" target="abc" (may fail)
   33 unlink path="/run/x" (may fail)
   34 remove-tree path="/c" (may fail)
`;

const compiled = (changes: Partial<LaunchDetails> = {}, process = {}): DecodedPlan =>
  decodePlan(compile({ ...sampleConfig, process: { ...sampleConfig.process!, ...process } }, { ...sampleDetails, ...changes }).bytes);
const names = (plan: DecodedPlan): string[] => plan.ops.map((decoded) => decoded.name);

test("a container's plan, op by op", () => {
  assert.fixture(listPlan(decodePlan(compile(sampleConfig, sampleDetails).bytes)), golden);
});

test("what the monitor is to look after stands in the settings", () => {
  const check = { execPlan: "health-plan", intervalMs: 30_000, timeoutMs: 1000, retries: 3 };
  const health = { ...check, startPeriodMs: 0, startIntervalMs: 5000, onFailure: "stop" as const, log: "/c/health-log", maxLogCount: 5, maxLogBytes: 500, startup: { ...check, execPlan: "startup-plan", successes: 2 } };
  const plan = compiled({ monitor: { ...sampleDetails.monitor, events: { file: "/s/events", maxBytes: 1024, subject: '"ID":"c1"' }, health, lease: { pid: 7, start: 8 } } });
  assert.equal(names(plan).slice(4, 8), ["events", "health-check", "startup-check", "lease"]);
  assert.equal([plan.ops[5]?.values["onFailure"], plan.ops[6]?.values["successes"], plan.ops[7]?.values["start"]], [3, 2, 8n]);
});

test("with no_new_privs the filter comes last, without it before the capabilities go", () => {
  assert.equal(names(compiled({}, { noNewPrivileges: true })).slice(28, 33), ["user", "capabilities", "no-new-privileges", "seccomp", "exec"]);
});

test("a mount of /dev brings devices and links; a device group only where it is mapped", () => {
  const config = { ...sampleConfig, mounts: [{ destination: "/dev", type: "tmpfs" }, { destination: "/dev/pts", type: "devpts", options: ["mode=0620", "gid=5"] }] };
  const plan = decodePlan(compile(config, sampleDetails).bytes);
  const devices = plan.ops.filter((decoded) => decoded.name === "mount-bind").map((decoded) => decoded.values["destination"]);
  assert.equal(devices, ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"]);
  const one = [{ inside: 0, outside: 0, count: 1 }];
  const single = decodePlan(compile(config, { ...sampleDetails, nestedIds: { uids: one, gids: one } }).bytes);
  const options = (decoded: DecodedPlan): unknown => decoded.ops.find((entry) => entry.values["type"] === "devpts")?.values["options"];
  assert.equal([options(plan), options(single)], [["mode=0620", "gid=5"], ["mode=0620"]]);
});

test("a shared pid namespace brings its user namespace, and never the host's /proc", () => {
  const plan = compiled({ namespaces: { ...sampleDetails.namespaces, pid: { pid: 7, start: 8 } } });
  assert.equal(plan.ops.filter((decoded) => decoded.name === "join").map((decoded) => decoded.values["type"]), [0x20000000, 0x10000000]);
  assert.not.ok(names(plan).includes("nested-map"));
  assert.is(plan.ops.find((decoded) => decoded.values["type"] === "proc")?.values["fallback"], "");
});

test("exec goes through the outer namespace, then those of other containers, then the container's own", () => {
  const target = { pid: 5, pidStart: 6, monitorPid: 3, monitorStart: 4, namespaces: { ...sampleDetails.namespaces, network: { pid: 9, start: 9 } }, cgroupPaths: ["/cg/x"], init: false, groups: [], keepGroups: false };
  const plan = decodePlan(compileExec({ cwd: "/", args: ["id"], user: { uid: 0, gid: 0 }, terminal: true }, target).bytes);
  assert.is(plan.kind, "exec");
  assert.equal(names(plan), ["join", "join", "join", "cgroup-join", "terminal", "umask", "environment", "working-directory", "user", "exec"]);
  assert.equal(plan.ops.slice(0, 3).map((decoded) => [decoded.values["type"], decoded.values["pid"]]), [[0x10000000, 3], [0x40000000, 5], [0x3e020000, 5]]);
});

test("text with a NUL, an endless path and an unknown limit are refused in words", () => {
  assert.throws(() => compiled({}, { args: ["a\0b"] }), /process\.args.*NUL/s);
  assert.throws(() => compiled({ cleanup: { unlink: ["/x".repeat(3000)], removeTrees: [] } }), /longer than 4095 bytes/);
  assert.throws(() => compiled({}, { rlimits: [{ type: "RLIMIT_LUCK", soft: 1, hard: 1 }] }), /"RLIMIT_LUCK" is unknown/);
});

test.run();
