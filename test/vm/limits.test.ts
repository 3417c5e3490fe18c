// deadline: 1100 s
/**
 * Whole commands in a virtual machine with systemd, cgroup v2 with delegation, and Linux 6.1: one run of guest.sh, whose steps are looked at
 * here. The machine lies beside the checkout; without it these tests are skipped.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInMachine } from "./machine.ts";

const { step, ok, file } = await runInMachine({ script: "guest.sh", timeoutSeconds: 1000, programs: ["messages"] });

function lines(name: string): readonly string[] {
  return ok(name).split("\n").map((line) => line.trim());
}

test("info tells the cgroup version, the controllers and the security modules of the host", () => {
  const { host } = JSON.parse(ok("info")) as { host: { cgroupVersion: string; cgroupManager: string; cgroupControllers: string[]; security: Record<string, unknown> } };
  assert.equal([host.cgroupVersion, host.cgroupManager, host.cgroupControllers.sort()], ["v2", "systemd", ["cpu", "cpuset", "io", "memory", "pids"]]);
  assert.equal([host.security["apparmorEnabled"], host.security["selinuxEnabled"], host.security["seccompEnabled"]], [true, false, true]);
});

test("every limit is kept by the kernel: memory, swap, reservation, processors, weights, processes, devices, files by name", () => {
  ok("limits-start");
  const [, number] = file("disk").trim().split("\n");
  const device = (number ?? "").split(":").map((part) => Number.parseInt(part, 16)).join(":");
  assert.equal(lines("limits"), [
    "memory.max 67108864", "memory.swap.max 33554432", "memory.low 33554432", "memory.high 59998208", "cpu.max 50000 100000", "cpu.weight 20", "cpuset.cpus 0", "pids.max 50",
    `io.max ${device} rbps=1048576 wbps=2097152 riops=200 wiops=100`, "io.weight default 1920",
  ]);
  assert.match(ok("limits-inspect"), /^67108864 500000000 50 200 \/user\.slice\/.*\/cala-[^/]+\.scope\/cala-[^/]+$/);
});

test("an exec is in the container's group, and stats reads it", () => {
  const [group, ...pids] = lines("limits-exec");
  assert.is(group, "0::/");
  assert.ok(pids.length >= 2);
  const [stats] = JSON.parse(ok("limits-stats")) as Record<string, string>[];
  assert.match(stats?.["mem_usage"] ?? "", / \/ 67\.1MB$/);
  assert.is(stats?.["pids"], "1");
});

test("update changes the limits of a container that runs", () => {
  ok("limits-update");
  assert.equal(lines("limits-updated"), ["134217728", "max", "100000 100000", "70"]);
});

test("pause is the freezer's, for execs of before, too; an exec is refused meanwhile", () => {
  for (const name of ["freeze-exec", "freeze", "thaw"]) ok(name);
  assert.equal(lines("frozen"), ["populated 1", "frozen 1", "1"]);
  assert.is(step("freeze-refused").code, 255);
  assert.match(step("freeze-refused").text, /it is paused: container state improper\nHint: cala unpause limits/);
  assert.is(ok("thawed"), "0");
});

test("a container's group and scope go with it", () => {
  ok("limits-remove");
  assert.match(step("limits-gone").text, /^ls: cannot access [^\n]*\n$/);
});

test("out of memory: exit code 137, and recorded; too many processes: the fork fails", () => {
  assert.is(step("oom").code, 137);
  assert.is(ok("oom-state"), "true 137");
  assert.match(step("forks").text, /can't fork/);
});

test("a container that was started without limits gets them by update, keeps them over a restart, and pauses by its new group", () => {
  for (const name of ["late-start", "late-update", "late-exec", "late-pause", "late-unpause", "late-restart", "late-remove"]) ok(name);
  const [memory, pids, processes] = lines("late");
  assert.equal([memory, pids, processes], ["33554432", "33", "2"]);
  assert.is(ok("late-joined"), "3");
  assert.is(ok("late-frozen"), "1");
  assert.is(ok("late-again"), "33554432");
});

test("the group is where it is asked to be", () => {
  assert.match(ok("parent"), /\/cala\.slice\/cala-test\.slice\/cala-[^/]+\.scope\/cala-[^/]+$/);
  assert.is(step("parent-bad").code, 125);
  assert.match(step("parent-bad").text, /cannot make a control group in "\/system.slice\/x": permission denied/);
  assert.match(ok("enabled"), /\/cala-[^/]+\.scope\/cala-[^/]+$/);
  assert.not.match(ok("disabled"), /cala-/);
  assert.match(ok("split"), /\/run-u\d+\.service\/cala-[^/]+$/);
  assert.match(ok("manager-systemd"), /\/cala-[^/]+\.scope\/cala-[^/]+$/);
  assert.match(ok("manager-files"), /^(WARN the memory limit is not applied: [^\n]*\n0::(?!.*cala-)|0::.*\/cala-[^/.]+$)/);
  assert.is(ok("cgroupns"), "0::/");
});

test("a controller that is not delegated is named with the fix, and with --strict-limits it is an error", () => {
  assert.is(ok("strict"), "kept");
  assert.match(ok("missing"), /^WARN the hugetlb limit is not applied: .*Delegate=cpu cpuset io memory pids hugetlb.*\ngoes on$/);
  assert.is(step("missing-strict").code, 125);
  assert.match(step("missing-strict").text, /^Error: the hugetlb limit is not applied[^;]*\nHint: sudo mkdir/);
  assert.is(step("conf-bad").code, 125);
  assert.match(step("conf-refused").text, /^Error: cannot start container "[^"]*": the kernel refuses "much" for memory\.high: invalid argument$/m);
});

test("a weight for one device, which nothing weighs in this machine, is an error with the line that root needs", () => {
  assert.is(step("weighed").code, 125);
  assert.match(step("weighed").text, /^Error: the weight of the device \d+:0 is not applied: nothing weighs its input and output\nHint: echo "\d+:0 enable=1" \| sudo tee \/sys\/fs\/cgroup\/io\.cost\.qos$/m);
});

test("the plain life of a container on this kernel: storage, networks, volumes, ports, exec, restart", () => {
  assert.is(ok("life-storage"), "overlay");
  assert.match(ok("life-run"), /^default via .*\n0$/);
  assert.match(ok("life-slirp"), /^default via 10\.0\.2\.2/);
  assert.is(ok("life-volume-again"), "kept");
  assert.is(ok("life-exec"), "hello");
  for (const name of ["life-volume", "life-start", "life-port", "life-stop", "life-restart", "life-port-again", "life-rm", "life-rest"]) ok(name);
});

test("containers on macvlan and ipvlan networks reach each other by address and by name, and are shown with the hardware addresses that they have", () => {
  for (const name of ["links-create", "lanes-create", "links-near", "links-remove"]) ok(name);
  const [first, second, links, lanes, ...named] = lines("links-far");
  assert.equal([first, second, named], ["reached", "reached", ["10.71.0.9"]], "the first network answers for itself");
  const networks = JSON.parse(ok("links-inspect")) as { driver: string; options: unknown; containers: Record<string, { interfaces: Record<string, { mac_address: string }> }> }[];
  assert.equal(networks.map(({ driver, options }) => [driver, options]), [["macvlan", {}], ["ipvlan", { mode: "l2" }]]);
  const shown = networks.map(({ containers }) => Object.values(containers).flatMap(({ interfaces }) => Object.values(interfaces).map(({ mac_address }) => mac_address)));
  assert.equal(shown.flat(), lines("links-near-addresses"));
  assert.not.match(links ?? "", new RegExp(shown[0]?.[0] ?? "none"));
  assert.match(lanes ?? "", new RegExp(shown[1]?.[0] ?? "none"), "ipvlan: all share one");
  assert.is(step("links-hardware").code, 125);
  assert.match(step("links-hardware").text, /containers of an ipvlan network share one/);
});

test("ports of SCTP are published: messages keep their streams, words and bounds, and a program that does not listen refuses", () => {
  assert.match(ok("sctp-port"), /^90\/sctp -> 127\.0\.0\.1:18090\n90\/sctp -> \[::1\]:18091\n91\/sctp -> 0\.0\.0\.0:\d+$/);
  ok("sctp-ready");
  // Between streams there is no order.
  assert.equal([...lines("sctp-four")].sort(), ["0 1 5", "0 2 1", "3 77 100", "9 4294967295 100000"]);
  assert.is(ok("sctp-six"), "40 9 70000");
  assert.equal([...lines("sctp-many")].sort(), [1, 2, 3, 4, 5, 6].flatMap((word) => [`5 ${word} 30000`, `6 ${word} 7`]).sort());
  assert.match(step("sctp-in-use").text, /^Error: cannot publish 127\.0\.0\.1:18090\/sctp: the port is in use/);
  assert.match(step("sctp-nobody").text, /^ended$/m);
});

test("systemd is a container's first process, with directories in memory and a group that it divides, and ends when it is stopped", () => {
  for (const name of ["init-import", "init-start", "init-up", "init-stop", "init-remove"]) ok(name);
  const state = lines("init-state");
  assert.match(state[0] ?? "", /^(running|degraded)$/);
  for (const word of ["systemd", "0::/init.scope", "active", "tmpfs"]) assert.ok(state.includes(word), `${word}: ${state.join(" ")}`);
  assert.is(ok("init-end"), "0 false");
});

test("an AppArmor profile that is not loaded is named", () => {
  assert.is(step("apparmor-missing").code, 125);
  assert.match(step("apparmor-missing").text, /this profile is not loaded: nothere/);
  assert.match(ok("apparmor"), /unconfined/);
});

test("nothing is left", () => assert.is(ok("left"), ""));

test.run();
