import { test } from "uvu";
import * as assert from "uvu/assert";
import { mountOf } from "../../../core/doctor/mount-of.ts";

const mountinfo = [
  "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro",
  "30 22 0:40 / /home rw,nosuid shared:5 - nfs4 server:/home rw,vers=4.2",
  "31 22 0:41 / /mnt/with\\040blank rw,noexec - tmpfs none rw",
  "32 22 0:42 / /home rw,nodev - xfs /dev/sdb rw",
].join("\n");

test("the deepest mount counts, of several on one point the last", () => {
  assert.equal(mountOf(mountinfo, "/home/ann"), { point: "/home", fileSystem: "xfs", options: ["rw", "nodev", "rw"] });
  assert.is(mountOf(mountinfo, "/homes").fileSystem, "ext4");
});

test("blanks in names are understood", () => {
  assert.ok(mountOf(mountinfo, "/mnt/with blank/x").options.includes("noexec"));
});

test("nothing is known without mountinfo", () => {
  assert.equal(mountOf("", "/x"), { point: "", fileSystem: "unknown", options: [] });
});

test.run();
