import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../../core/plan/compile.ts";
import { restorePlan } from "../../../core/plan/compile-restore.ts";
import { decodePlan, listPlan } from "../../../core/plan/decode.ts";
import { sampleConfig, sampleDetails } from "./sample.ts";

test("a restore has the settings, helpers, root and cleanup of a start, no pid namespace, and CRIU in the place of everything else", () => {
  const start = compile(sampleConfig, sampleDetails);
  const plan = restorePlan(start, { argv: ["/usr/sbin/criu", "restore"], env: ["PATH=/sbin"], pidFile: "/c/checkpoint/pid" });
  assert.fixture(listPlan(decodePlan(plan.bytes)), `settings:
    0 monitor containerId="abc" logPath="/c/log" logMaxBytes=0 logMaxFiles=1 flags=6 stopSignal=0xf stopTimeoutMs=9 restartPolicy=0 restartMaximum=0 timeoutMs=0
    1 outer-map uids=["0 1000 1","1 100000 65536"] gids=["0 1000 1","1 100000 65536"]
    2 namespaces create=0x5e020000 flags=1
    3 nested-map uids=["0 0 1","1 1 65536"] gids=["0 0 1","1 1 65536"]
    4 restore pidFile="/c/checkpoint/pid"
host:
    5 cgroup-create path="/cg/x"
    6 cgroup-write path="/cg/x/pids.max" value="5" (may fail)
    7 cgroup-join path="/cg/x"
    8 spawn name="net" when=1 ready=2 end=0 readyPath="" timeoutMs=5 argv=["/bin/net","{pid}"] env=[]
setup:
    9 root-overlay lowers=["/l/1","/l/2"] upper="/c/upper" work="/c/work" target="/c/rootfs" options=[]
   10 make-directory path="/proc" mode=0x1ed
   11 make-directory path="/sys" mode=0x1ed
   12 make-directory path="/data" mode=0x1ed
   13 make-directory path="/tmp" mode=0x1ed
   14 hostname name="box"
   15 loopback-up
   16 sysctl file="net/core/somaxconn" value="9"
enter:
   17 environment variables=["PATH=/sbin"]
   18 exec arguments=["/usr/sbin/criu","restore"] flags=0
cleanup:
   19 remove-links directory="/names" target="abc" (may fail)
   20 unlink path="/run/x" (may fail)
   21 remove-tree path="/c" (may fail)
`);
  assert.is(plan.origin.ops[18]?.from, 'CRIU ("/usr/sbin/criu")');
  assert.is(plan.origin.ops.length, 22);
});

test("places are what is mounted there, file or directory; what is mounted on a mount needs none in the root", () => {
  const start = compile({ ...sampleConfig, mounts: [...sampleConfig.mounts ?? [], { destination: "/data/below", type: "bind", source: "/other", options: ["rbind"] }, { destination: "/database", type: "tmpfs", source: "tmpfs" }, { destination: "/etc/null", type: "bind", source: "/dev/null", options: ["bind"] }] }, sampleDetails);
  const made = decodePlan(restorePlan(start, { argv: ["criu"], env: [], pidFile: "/pid" }).bytes).ops.flatMap(({ name, values }) => (name.startsWith("make-") ? [`${name} ${String(values["path"])}`] : []));
  assert.equal(made.slice(2), ["make-directory /data", "make-directory /tmp", "make-directory /database", "make-file /etc/null"]);
});

test.run();
