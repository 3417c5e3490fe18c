import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkpointRefusal, knowsUnprivileged, type CriuFacts } from "../../../core/container/checkpoint.ts";

test("CRIU serves ordinary users from 3.18 on", () => {
  for (const version of ["3.18", "3.19.1", "4.0"]) assert.ok(knowsUnprivileged(version), version);
  for (const version of ["3.17.1", "3.2", "", "2.99"]) assert.not(knowsUnprivileged(version), version);
});

const cases: readonly (readonly [CriuFacts, RegExp])[] = [
  [{}, /CRIU is not installed \(.*criu\)/],
  [{ path: "/usr/sbin/criu", version: "3.17.1" }, /CRIU 3\.17\.1 works for root only, ordinary users need 3\.18/],
  [{ path: "/usr/sbin/criu", version: "3.19", complaint: "Error: no CAP_CHECKPOINT_RESTORE" }, /does not work here: Error: no CAP.*sudo setcap cap_checkpoint_restore\+eip \/usr\/sbin\/criu/],
  [{ path: "/usr/sbin/criu", version: "4.0" }, /CRIU 4\.0 works here, but/],
];
for (const [facts, message] of cases) {
  test(`${JSON.stringify(facts)}: what is missing here and what is missing everywhere is told, with what can be had instead`, () => {
    const error = checkpointRefusal(facts, "restore", {});
    assert.match(error.message, message);
    assert.match(error.message, /no version saves a container's user namespace within another one/);
    assert.match(error.hint ?? "", /cala pause.*cala commit/);
    assert.match(error.message, /^cannot restore containers/);
  });
}

test.run();
