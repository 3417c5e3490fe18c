import { test } from "uvu";
import * as assert from "uvu/assert";
import { inheritedSockets } from "../../../core/host/listen-fds.ts";

const pid = String(process.pid);

test("nothing is taken where nothing was handed over, none of it, or it was for another process", () => {
  for (const env of [{}, { LISTEN_FDS: "0", LISTEN_PID: pid }, { LISTEN_FDS: "1" }, { LISTEN_FDS: "1", LISTEN_PID: "1" }]) assert.is(inheritedSockets(env), undefined);
});

test("a number that is none, and descriptors that are not there, are refused with the way out", () => {
  for (const count of ["x", "-1", "1e3", "99999"]) {
    assert.throws(() => inheritedSockets({ LISTEN_FDS: count, LISTEN_PID: pid }), (error: { code: string; hint: string }) => error.code === "listen-fds-invalid" && error.hint.startsWith("env -u LISTEN_FDS"));
  }
});

test.run();
