import { test } from "uvu";
import * as assert from "uvu/assert";
import { decideIds, findProgram, type IdProbe } from "../../../core/idmap/probe.ts";

const full: IdProbe = {
  uid: 1000, gid: 100, name: "ann", subuids: [{ first: 100000, count: 65536 }], subgids: [{ first: 200000, count: 65536 }],
  newuidmap: "/usr/bin/newuidmap", newgidmap: "/usr/bin/newgidmap",
};

test("with everything there: the whole map", () => {
  const ids = decideIds(full);
  assert.is(ids.uids.length, 2);
  assert.equal(ids.gids[1], { inside: 1, outside: 200000, count: 65536 });
  assert.is(ids.notice, undefined);
});
test("without the program or the ranges: one id and one line that says why", () => {
  for (const [probe, word] of [[{ ...full, newuidmap: undefined }, "uidmap"], [{ ...full, newgidmap: undefined }, "uidmap"], [{ ...full, subuids: [] }, "usermod"], [{ ...full, subgids: [] }, "usermod"]] as const) {
    const ids = decideIds(probe);
    assert.equal(ids.uids, [{ inside: 0, outside: 1000, count: 1 }]);
    assert.equal(ids.gids, [{ inside: 0, outside: 100, count: 1 }]);
    assert.is(ids.newuidmap, undefined);
    assert.ok(ids.notice?.includes(word) === true && !ids.notice.includes("\n"));
  }
});
test("programs are found outside of PATH, directories and relative places are not taken", () => {
  assert.ok(findProgram("sh", "") !== undefined);
  assert.is(findProgram("no-such-program", ".:/usr"), undefined);
  assert.is(findProgram("bin", "/usr"), undefined);
});

test.run();
