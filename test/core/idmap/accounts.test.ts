import { test } from "uvu";
import * as assert from "uvu/assert";
import { findAccount, idsNeeded } from "../../../core/idmap/accounts.ts";

const passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\napp:x:1000:1001::/:\nnobody:x:65534:65534::/:\n";
const group = "root:x:0:\napp:x:1001:\nstaff:x:50:app\n";

test("users and groups by name and by number", () => {
  assert.equal(findAccount("", passwd, group), { uid: 0, gid: 0 });
  assert.equal(findAccount("app", passwd, group), { uid: 1000, gid: 1001 });
  assert.equal(findAccount("1000", passwd, group), { uid: 1000, gid: 1001 });
  assert.equal(findAccount("77", passwd, group), { uid: 77, gid: 0 });
  assert.equal(findAccount("app:staff", passwd, group), { uid: 1000, gid: 50 });
  assert.equal(findAccount("5:6", "", ""), { uid: 5, gid: 6 });
  assert.is(findAccount("nobody-here", passwd, group), undefined);
  assert.is(findAccount("app:nothing", passwd, group), undefined);
});

test("nobody's id asks for no ids", () => {
  assert.is(idsNeeded(passwd, group), 1002);
  assert.is(idsNeeded(""), 1);
});

test.run();
