import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkpointRefusal, knowsUnprivileged, type CriuFacts } from "../../../core/container/checkpoint.ts";

test("CRIU serves ordinary users from 3.18 on", () => {
  for (const version of ["3.18", "3.19.1", "4.0"]) assert.ok(knowsUnprivileged(version), version);
  for (const version of ["3.17.1", "3.2", "", "2.99"]) assert.not(knowsUnprivileged(version), version);
});

const cases: readonly (readonly [CriuFacts, RegExp, RegExp])[] = [
  [{}, /CRIU is not installed/, /criu/],
  [{ path: "/usr/sbin/criu", version: "3.17.1" }, /CRIU 3\.17\.1 works for root only/, /newer/],
  [{ path: "/usr/sbin/criu", version: "3.19", complaint: "Error: no CAP_CHECKPOINT_RESTORE" }, /does not work here: Error: no CAP/, /sudo setcap cap_checkpoint_restore\+eip \/usr\/sbin\/criu/],
  [{ path: "/usr/sbin/criu", version: "4.0" }, /nested user namespaces/, /cala pause/],
];
for (const [facts, message, hint] of cases) {
  test(`${JSON.stringify(facts)} is told in words, with what helps`, () => {
    const error = checkpointRefusal(facts, "restore", {});
    assert.match(error.message, message);
    assert.match(error.hint ?? "", hint);
    assert.match(error.message, /^cannot restore containers/);
  });
}

test.run();
