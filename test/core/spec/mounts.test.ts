import { test } from "uvu";
import * as assert from "uvu/assert";
import { cleanTarget, orderMounts, plannedMounts, requestedMount, systemMounts, type SystemMounts } from "../../../core/spec/mounts.ts";
import type { MountRequest } from "../../../core/spec/request.ts";

const own: SystemMounts = { ownNetwork: true, ownPid: true, ipc: "own", cgroup: "own", shmSizeBytes: 65536, privileged: false, procOptions: [], cgroupWritable: false };
const show = (choice: Partial<SystemMounts>): string => systemMounts({ ...own, ...choice }).map(({ destination, type }) => `${destination}=${type}`).join(" ");
const volume = (target: string): MountRequest => ({ kind: "volume", target, options: [], copyUp: true });

test("a kernel file system is bound from the host where the container does not own its namespace", () => {
  assert.is(show({}), "/proc=proc /dev=tmpfs /sys=sysfs /dev/pts=devpts /dev/mqueue=mqueue /dev/shm=tmpfs /sys/fs/cgroup=cgroup");
  assert.is(show({ ownPid: false, ownNetwork: false, cgroup: "host" }), "/proc=bind /dev=tmpfs /sys=bind /dev/pts=devpts /dev/mqueue=mqueue /dev/shm=tmpfs /sys/fs/cgroup=bind");
  assert.is(show({ ipc: "host", cgroup: "none" }), "/proc=proc /dev=tmpfs /sys=sysfs /dev/pts=devpts /dev/mqueue=bind /dev/shm=bind");
  assert.is(show({ ipc: "none", cgroup: "none" }), "/proc=proc /dev=tmpfs /sys=sysfs /dev/pts=devpts /dev/mqueue=mqueue");
  assert.is(show({ ipc: "joined", shmDir: "/x", cgroup: "none" }), "/proc=proc /dev=tmpfs /sys=sysfs /dev/pts=devpts /dev/shm=bind");
});
test("the control groups are writable for a privileged container and where they are unmasked", () => {
  const access = (choice: Partial<SystemMounts>): string | undefined => systemMounts({ ...own, ...choice }).find(({ destination }) => destination === "/sys/fs/cgroup")?.options?.at(-1);
  assert.equal([access({}), access({ privileged: true }), access({ cgroupWritable: true })], ["ro", "rw", "rw"]);
});
test("destinations are cleaned, the root is refused", () => {
  assert.is(cleanTarget("//a/./b/../c/"), "/a/c");
  for (const text of ["/", "/..", "a", ""]) assert.throws(() => cleanTarget(text), (error: Error) => error.message.includes(`"${text}"`));
});
test("the image's volumes become anonymous where nothing else is mounted", () => {
  const planned = plannedMounts([volume("/data/")], { Volumes: { "/data": {}, "/log/": {}, "/log": {} } });
  assert.equal(planned.map(({ target }) => target), ["/data", "/log"]);
  assert.throws(() => plannedMounts([volume("/a"), volume("/a/")], {}), (error: Error) => /\/a: duplicate mount destination/.test(error.message));
});
test("requests replace what every container has, and parents come first", () => {
  const requested = [requestedMount({ kind: "bind", source: "/s", target: "/a/b", options: [], createSource: false }, {}), requestedMount({ kind: "tmpfs", target: "/dev/shm", options: [] }, {}), requestedMount(volume("/a"), { "/a": "/v" })];
  assert.is(orderMounts(systemMounts(own), requested).map(({ destination }) => destination).join(" "), "/proc /dev /sys /a /dev/pts /dev/mqueue /a/b /dev/shm /sys/fs/cgroup");
});
test("a bind over /dev takes the place of all of it", () => {
  const requested = [requestedMount({ kind: "bind", source: "/dev", target: "/dev", options: [], createSource: false }, {})];
  assert.is(orderMounts(systemMounts(own), requested).map(({ destination }) => destination).join(" "), "/proc /sys /dev /sys/fs/cgroup");
});
test("a single layer is bound read-only, several or a writable one are stacked, topmost first; unknown sources are an error", () => {
  const image = (layers: readonly string[], options: readonly string[] = []): string => {
    const { type, options: words } = requestedMount({ kind: "image", source: "i", target: "/i", options }, { "/i": layers });
    return `${type} ${words?.join(",")}`;
  };
  assert.is(image(["/a"]), "bind rbind,rprivate,ro,nosuid,nodev");
  assert.is(image(["/a", "/b"]), "overlay rprivate,ro,nosuid,nodev,lowerdir=/b:/a");
  assert.is(image(["/a"], ["rw"]), "overlay rprivate,rw,nosuid,nodev,lowerdir=/a");
  assert.throws(() => requestedMount({ kind: "image", source: "i", target: "/i", options: [] }, {}), (error: Error) => error.message.includes('"/i"'));
  assert.throws(() => requestedMount(volume("/v"), {}), (error: Error) => error.message.includes('"/v"'));
});

test("the image's volumes become anonymous ones, directories in memory, or nothing", () => {
  const kinds = (volumes?: "tmpfs" | "ignore"): string => plannedMounts([], { Volumes: { "/v": {} } }, volumes).map(({ kind }) => kind).join();
  assert.equal([kinds(), kinds("tmpfs"), kinds("ignore")], ["volume", "tmpfs", ""]);
});

test.run();
