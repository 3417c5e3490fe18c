import { test } from "uvu";
import * as assert from "uvu/assert";
import { bindOptions, devptsOptions, overlayDirectories, overlayOptions, tmpfsOptions } from "../../../core/spec/mount-options.ts";

const bind = (text: string): string => bindOptions("bind", text.split(",").filter(Boolean)).join(",");
const cases: readonly (readonly [string, string])[] = [
  ["", "rbind,rprivate,rw,nosuid,nodev"],
  ["ro,z", "rbind,rprivate,ro,nosuid,nodev"],
  ["bind,rslave,noexec", "bind,rslave,rw,nosuid,nodev,noexec"],
  ["suid,dev,exec", "rbind,rprivate,rw"],
  ["U,idmap", "rbind,rprivate,rw,nosuid,nodev,U,idmap"],
  ["ro,ro", "rbind,rprivate,ro,nosuid,nodev"],
];

for (const [text, expected] of cases) test(`a bind with "${text}"`, () => assert.is(bind(text), expected));
test("an overlay over a directory", () => {
  assert.is(overlayDirectories(["ro"]), undefined);
  assert.equal(overlayDirectories(["O"]), {});
  assert.equal(overlayDirectories(["O", "upperdir=/u", "workdir=/w"]), { upper: "/u", work: "/w" });
  assert.is(overlayOptions("/s", ["O", "U", "upperdir=/u", "workdir=/w"]).join(","), "lowerdir=/s,upperdir=/u,workdir=/w,rprivate,rw,nosuid,nodev,U");
});
test("a tmpfs copies what it covers unless told otherwise", () => {
  assert.is(tmpfsOptions([]).join(","), "rw,rprivate,nosuid,nodev,tmpcopyup");
  assert.is(tmpfsOptions(["size=5", "mode=700", "notmpcopyup", "ro"]).join(","), "ro,rprivate,nosuid,nodev,size=5,mode=700");
});
test("a devpts", () => assert.is(devptsOptions(["max=4", "mode=620"]).join(","), "nosuid,noexec,newinstance,ptmxmode=0666,mode=620,max=4"));

test.run();
