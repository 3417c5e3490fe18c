import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseSecurityOptions } from "../../../../core/spec/parse/security-option.ts";

const base = { noNewPrivileges: false, seccomp: "default", labels: [], mask: [], unmask: [] };
const cases: readonly (readonly [string[], object])[] = [
  [[], base],
  [["no-new-privileges"], { ...base, noNewPrivileges: true }],
  [["no-new-privileges:true"], { ...base, noNewPrivileges: true }],
  [["no-new-privileges=true", "no-new-privileges=false"], base],
  [["seccomp=unconfined"], { ...base, seccomp: "unconfined" }],
  [["seccomp:p.json"], { ...base, seccomp: "/home/p.json" }],
  [["label=disable", "label=type:x"], { ...base, labels: ["disable", "type:x"] }],
  [["apparmor=unconfined"], { ...base, apparmor: "unconfined" }],
  [["mask=/a:/b", "unmask=ALL"], { ...base, mask: ["/a", "/b"], unmask: ["ALL"] }],
  [["systempaths=unconfined"], { ...base, unmask: ["ALL"] }],
];

for (const [texts, expected] of cases) test(`--security-opt ${texts.join(" ")}`, () => assert.equal(parseSecurityOptions(texts, "/home"), expected));
for (const text of ["", "x", "seccomp", "seccomp=", "no-new-privileges=yes", "label", "systempaths=x", "mask="]) {
  test(`--security-opt "${text}" is refused`, () => assert.throws(() => parseSecurityOptions([text], "/"), (error: Error) => error.message.includes(`"${text}"`)));
}

test.run();
