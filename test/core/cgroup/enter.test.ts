import { test } from "uvu";
import * as assert from "uvu/assert";
import { approachCgroup, attachCall, commonParent, isInCgroup } from "../../../core/cgroup/enter.ts";

test("the deepest common directory", () => {
  assert.is(commonParent("/a/b/c", "/a/b/d"), "/a/b");
  assert.is(commonParent("/a/b", "/a/b/c"), "/a/b");
  assert.is(commonParent("/a/bc", "/a/b"), "/a");
  assert.is(commonParent("/x", "/y"), "/");
});
test("systemd is asked for groups in a scope only", () => {
  assert.equal(attachCall("/sys/fs/cgroup/user.slice/cala-x.scope/container", 7)?.slice(-6), ["AttachProcessesToUnit", "ssau", "cala-x.scope", "/supervisor", "1", "7"]);
  assert.is(attachCall("/sys/fs/cgroup/cala-x.scope/cala-y", 7)?.at(-4), "cala-x.scope");
  assert.is(attachCall("/sys/fs/cgroup/user.slice/cala-x.scope/cala-y-7", 7)?.at(-4), "cala-x.scope");
  assert.is(attachCall("/sys/fs/cgroup/user.slice/other.scope/container", 7), undefined);
  assert.is(attachCall("/sys/fs/cgroup/elsewhere/cala-x", 7), undefined);
});
test("a group out of reach is a warning, not an error", () => {
  assert.match(approachCgroup("/no/such/group") ?? "", /limits do not hold/);
});
test("where a process is", () => {
  assert.ok(isInCgroup(process.pid, "/sys/fs/cgroup"));
  assert.not.ok(isInCgroup(process.pid, "/sys/fs/cgroup/none-such"));
  assert.not.ok(isInCgroup(2 ** 22 + 1, "/sys/fs/cgroup"));
});

test.run();
