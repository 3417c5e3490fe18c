/** Which namespaces a container has, by every word of the options; devices for drawing; what is writable in a read-only container. */
import { readlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { onHost } from "./harness/bad-host.ts";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "isolation", ["busybox"]);
const none = ["run", "--rm", "--network", "none"] as const;
/** The option, and the kernel's name of the namespace. */
const kinds = [["pid", "pid"], ["ipc", "ipc"], ["uts", "uts"], ["cgroupns", "cgroup"]] as const;
const inside = async (file: string, ...options: readonly string[]): Promise<string> => await cala.ok([...none, ...options, "busybox", "readlink", `/proc/self/ns/${file}`]);

await cala.ok(["run", "-d", "--name", "peer", "--network", "none", "busybox", "sleep", "1000"]);
const pid = await cala.ok(["inspect", "--format", "{{.State.Pid}}", "peer"]);

for (const [option, file] of kinds) {
  test(`--${option}: private is the default and another one for each container, host is the host's, container:NAME and ns:PATH another one's`, async () => {
    const [host, peer] = [readlinkSync(`/proc/self/ns/${file}`), await cala.ok(["exec", "peer", "readlink", `/proc/self/ns/${file}`])];
    const own = [await inside(file), await inside(file, `--${option}`, "private")];
    for (const namespace of own) assert.not([host, peer].includes(namespace), `${namespace} of ${host} ${peer}`);
    assert.is(await inside(file, `--${option}`, "host"), host);
    assert.is(await inside(file, `--${option}`, "container:peer"), peer);
    const byPath = await cala.run([...none, `--${option}`, `ns:/proc/${pid}/ns/${file}`, "busybox", "readlink", `/proc/self/ns/${file}`]);
    assert.is(byPath.stdout.trim(), peer, byPath.stderr);
    for (const word of ["container:nothere", "other"]) assert.is((await cala.run([...none, `--${option}`, word, "busybox", "true"])).code, 125, word);
  });
}

test("--ipc none has no shared memory, shareable lends its own", async () => {
  assert.is(await cala.ok([...none, "--ipc", "none", "busybox", "sh", "-c", "grep -c ' /dev/shm ' /proc/mounts || true"]), "0");
  await cala.ok(["run", "-d", "--name", "lender", "--network", "none", "--ipc", "shareable", "busybox", "sleep", "1000"]);
  assert.is(await inside("ipc", "--ipc", "container:lender"), await cala.ok(["exec", "lender", "readlink", "/proc/self/ns/ipc"]));
  await cala.ok(["rm", "-f", "-t", "0", "lender"]);
});

test("--pid container:NAME sees that one's processes; --uts container:NAME has its name; --shm-size is the size", async () => {
  assert.match(await cala.ok([...none, "--pid", "container:peer", "busybox", "ps"]), /sleep 1000/);
  assert.is(await cala.ok([...none, "--uts", "container:peer", "busybox", "hostname"]), await cala.ok(["exec", "peer", "hostname"]));
  assert.match(await cala.ok([...none, "--shm-size", "3m", "busybox", "grep", " /dev/shm ", "/proc/mounts"]), /size=3072k/);
  assert.match(await cala.ok([...none, "--shm-size", "0", "busybox", "grep", " /dev/shm ", "/proc/mounts"]), /size=0k/, "no limit");
  for (const ipc of ["host", "none"]) assert.match((await cala.fails([...none, "--shm-size", "3m", "--ipc", ipc, "busybox", "true"])).stderr, new RegExp(`cannot set shm-size with --ipc ${ipc}`));
});

test("--read-only leaves memory at /run, /tmp and /var/tmp, and with --read-only-tmpfs=false nothing", async () => {
  const script = "for d in / /etc /run /tmp /var/tmp /dev/shm; do touch $d/file 2>/dev/null && echo $d; done; true";
  assert.is(await cala.ok([...none, "--read-only", "busybox", "sh", "-c", script]), "/run\n/tmp\n/var/tmp\n/dev/shm");
  assert.is(await cala.ok([...none, "--read-only", "--read-only-tmpfs=false", "busybox", "sh", "-c", script]), "/dev/shm");
  assert.is(await cala.ok([...none, "--read-only", "--tmpfs", "/etc", "--read-only-tmpfs=false", "busybox", "sh", "-c", script]), "/etc\n/dev/shm");
});

/** A host with nodes for drawing, as far as an ordinary user can make one: /dev/zero under their names. */
const withCards = [
  "mkdir -p /tmp/cala-cards-$$", "mount --rbind /dev /tmp/cala-cards-$$", "mount -t tmpfs none /dev",
  "for node in null zero full random urandom tty fuse; do : >/dev/$node; mount --bind /tmp/cala-cards-$$/$node /dev/$node; done",
  "mkdir /dev/dri /dev/shm /dev/pts", "mount --rbind /tmp/cala-cards-$$/pts /dev/pts", "for node in card0 renderD128; do : >/dev/dri/$node; mount --bind /tmp/cala-cards-$$/zero /dev/dri/$node; done", "umount -l /tmp/cala-cards-$$", "rmdir /tmp/cala-cards-$$",
].join("; ");

test("render nodes: the whole directory of them, one alone, and one by CDI", async () => {
  const script = [
    "cala run --rm --network none --device /dev/dri busybox sh -c 'ls /dev/dri; head -c 2 /dev/dri/renderD128 | od -An -tx1'",
    "cala run --rm --network none --device /dev/dri/renderD128 busybox ls /dev/dri",
    "mkdir -p cdi; echo '{\"cdiVersion\":\"0.6.0\",\"kind\":\"example.com/gpu\",\"devices\":[{\"name\":\"render\",\"containerEdits\":{\"deviceNodes\":[{\"path\":\"/dev/dri/renderD128\"}]}}]}' >cdi/gpu.json",
    "cala --cdi-spec-dir cdi run --rm --network none --device example.com/gpu=render busybox ls /dev/dri",
  ].join("; ");
  const done = await onHost(withCards, `PATH=${join(cala.root, "bin")}:$PATH; ${script}`, { env: { ...cala.env, CALA_ROOT: join(cala.root, "cards") }, cwd: cala.home });
  assert.is(done.stdout, "card0\nrenderD128\n 00 00\nrenderD128\nrenderD128\n", done.stderr);
});

test.run();
