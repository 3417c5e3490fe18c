import { test } from "uvu";
import * as assert from "uvu/assert";
import { deviceMount, expandDevices, hostDevices, tellUnkeptAccess } from "../../../core/spec/devices.ts";

const device = (source: string): { source: string; target: string; access: string } => ({ source, target: source, access: "rwm" });

test("a node stays, something else is refused by name", () => {
  assert.equal(expandDevices([device("/dev/null")]), [device("/dev/null")]);
  assert.throws(() => expandDevices([device("/dev/no-such")]), (error: Error) => /stat \/dev\/no-such: no such file/.test(error.message));
  assert.throws(() => expandDevices([device("/etc/passwd")]), (error: Error) => error.message.includes('"/etc/passwd"'));
});
test("a directory is its nodes", () => {
  for (const { source, target } of expandDevices([{ source: "/dev", target: "/host", access: "r" }])) assert.is(target, source.replace("/dev", "/host"));
});
test("privileged leaves out what every container has", () => {
  const paths = hostDevices().map(({ source }) => source);
  for (const path of ["/dev/null", "/dev/tty", "/dev/console", "/dev/ptmx"]) assert.not.ok(paths.includes(path));
});
test("a node without write access is bound read-only", () => {
  assert.ok(deviceMount({ ...device("/dev/fuse"), access: "r" }).options?.includes("ro"));
  assert.ok(deviceMount(device("/dev/fuse")).options?.includes("rw"));
});
test("letters that ask for less than the user may are told to keep nothing back", () => {
  const told: string[] = [];
  tellUnkeptAccess(["rwm", "rw", "r", "wm"].map((access) => ({ ...device("/dev/fuse"), access })), (text) => void told.push(text));
  assert.equal(told.map((text) => text.slice(0, 30)), ['":r" of --device /dev/fuse kee', '":wm" of --device /dev/fuse ke']);
});

test.run();
