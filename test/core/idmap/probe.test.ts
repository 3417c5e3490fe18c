import { test } from "uvu";
import * as assert from "uvu/assert";
import { mapLines } from "../../../core/idmap/map.ts";
import { decideIds, idsOfRoot, type IdProbe } from "../../../core/idmap/probe.ts";

const complete: IdProbe = {
  uid: 1000, gid: 100, name: "alice", subuids: [{ first: 100000, count: 65536 }], subgids: [{ first: 200000, count: 65536 }],
  newuidmap: { path: "/usr/bin/newuidmap", privileged: true }, newgidmap: { path: "/usr/bin/newgidmap", privileged: true },
  noNewPrivileges: false, installCommand: "sudo apt-get install -y uidmap",
};

test("the user is root of the container, the subordinate ids follow", () => {
  const ids = decideIds(complete);
  assert.equal(mapLines(ids.uids), ["0 1000 1", "1 100000 65536"]);
  assert.equal(mapLines(ids.gids), ["0 100 1", "1 200000 65536"]);
  assert.is(ids.newuidmap, "/usr/bin/newuidmap");
  assert.is(ids.notice, undefined);
});

const obstacles: readonly (readonly [string, Partial<IdProbe>, RegExp])[] = [
  ["no newuidmap", { newuidmap: undefined }, /"newuidmap" is missing; sudo apt-get install -y uidmap$/],
  ["no newgidmap", { newgidmap: undefined }, /"newgidmap" is missing; sudo apt-get install/],
  ["no setuid bit", { newuidmap: { path: "/usr/bin/newuidmap", privileged: false } }, /setuid bit.*sudo chmod u\+s \/usr\/bin\/newuidmap$/],
  ["no new privileges", { noNewPrivileges: true }, /no_new_privs/],
  ["no account", { name: undefined }, /the user id 1000 has no account/],
  ["no subordinate ids", { subuids: [], subgids: [] }, /sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 alice$/],
  ["no subordinate group ids", { subgids: [] }, /no subordinate group ids; sudo usermod --add-subgids 100000-165535 alice$/],
];
for (const [name, change, notice] of obstacles) {
  test(`a single id and a sentence: ${name}`, () => {
    const ids = decideIds({ ...complete, ...change });
    assert.equal([...mapLines(ids.uids), ...mapLines(ids.gids)], ["0 1000 1", "0 100 1"]);
    assert.match(ids.notice ?? "", notice);
    assert.not.match(ids.notice ?? "", /\n/);
  });
}

test("root of a container maps what the container has", () => {
  const ids = idsOfRoot([{ inside: 0, outside: 1000, count: 1 }, { inside: 1, outside: 100000, count: 65536 }], [{ inside: 0, outside: 5, count: 10 }]);
  assert.equal(mapLines(ids.uids), ["0 0 1", "1 1 65536"]);
  assert.equal(mapLines(ids.gids), ["0 0 10"]);
});

test("the host's root is refused", () => {
  const whole = [{ inside: 0, outside: 0, count: 4294967295 }];
  assert.throws(() => idsOfRoot(whole, whole), (error: { code?: string }) => error.code === "root-not-lowered");
});

test.run();
