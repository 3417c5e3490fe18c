import { test } from "uvu";
import * as assert from "uvu/assert";
import { allCapabilities, defaultCapabilities, mergeCapabilities, normalizeCapability, processCapabilities } from "../../../core/security/capabilities.ts";

const message = (pattern: RegExp) => (error: Error): boolean => pattern.test(error.message);
const merged = (add: string[], drop: string[]): string => mergeCapabilities(defaultCapabilities, add, drop).map((name) => name.slice(4)).join(" ");

test("there are 41 capabilities, in the kernel's order", () => {
  assert.is(allCapabilities.length, 41);
  assert.is(allCapabilities.indexOf("CAP_SYS_ADMIN"), 21);
  assert.is(allCapabilities.indexOf("CAP_CHECKPOINT_RESTORE"), 40);
});
test("names are taken in any spelling", () => {
  assert.is(normalizeCapability("net_raw"), "CAP_NET_RAW");
  assert.is(normalizeCapability("cap_Net_Raw"), "CAP_NET_RAW");
  assert.is(normalizeCapability("all"), "ALL");
  assert.throws(() => normalizeCapability("NET_RAWW"), message(/unknown capability: "NET_RAWW"/));
});
test("additions and removals", () => {
  assert.is(merged([], []), "CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP");
  assert.is(merged(["NET_RAW"], ["CHOWN"]), "DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT SETFCAP");
  assert.is(merged([], ["ALL"]), "");
  assert.is(merged(["KILL", "net_admin"], ["all"]), "KILL NET_ADMIN");
  assert.is(mergeCapabilities(defaultCapabilities, ["ALL"], ["SYS_ADMIN"]).length, 40);
});
test("contradictions are refused", () => {
  assert.throws(() => merged(["ALL"], ["ALL"]), message(/adding all caps and removing all caps/));
  assert.throws(() => merged(["KILL"], ["CAP_KILL"]), message(/"CAP_KILL" cannot be dropped and added/));
});
test("root has the bounding set in force, other users only what was added, as ambient", () => {
  const choice = { add: ["NET_RAW"], drop: [], privileged: false };
  for (const user of [undefined, "", "root", "0", "0:5", "root:daemon"]) {
    const sets = processCapabilities({ ...choice, user });
    assert.equal(sets.effective, sets.bounding);
    assert.equal(sets.ambient, []);
  }
  const other = processCapabilities({ ...choice, user: "1000:1000" });
  assert.equal(other.effective, ["CAP_NET_RAW"]);
  assert.equal(other.ambient, ["CAP_NET_RAW"]);
  assert.is(other.bounding?.length, 12);
});
test("privileged is everything", () => {
  assert.is(processCapabilities({ add: [], drop: ["KILL"], privileged: true }).effective?.length, 41);
});

test.run();
