import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { enforcePolicy, loadPolicy, type Policy } from "../../../core/config/policy.ts";
import { parseReference } from "../../../core/oci/reference.ts";

const policy: Policy = {
  file: "p", default: [{ type: "reject" }],
  transports: { docker: { "quay.io": [{ type: "insecureAcceptAnything" }], "quay.io/bad": [{ type: "reject" }], "quay.io/bad/good:1": [{ type: "insecureAcceptAnything" }], "*.wild.example": [{ type: "insecureAcceptAnything" }], "signed.example": [{ type: "signedBy", keyType: "GPGKeys", keyPath: "/k" }] } },
};
const verdict = (name: string): string => {
  try {
    enforcePolicy(policy, "docker", parseReference(name));
    return "accepted";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

for (const [name, expected] of [["quay.io/any/thing", "accepted"], ["quay.io/bad/thing", "policy-rejected"], ["quay.io/bad/good:1", "accepted"], ["quay.io/bad/good:2", "policy-rejected"], ["ubuntu", "policy-rejected"], ["a.b.wild.example/x", "accepted"], ["signed.example/x", "policy-unsupported"]] as const) {
  test(`${name}: ${expected}`, () => assert.is(verdict(name), expected));
}

test("no file accepts, a file without default is refused", () => {
  const directory = mkdtempSync(join(tmpdir(), "cala-policy-"));
  try {
    writeFileSync(join(directory, "policy.json"), "{}");
    assert.throws(() => loadPolicy({}, join(directory, "policy.json")), (error: { code?: string }) => error.code === "policy-invalid");
    assert.throws(() => loadPolicy({}, join(directory, "none.json")), (error: { code?: string }) => error.code === "policy-invalid");
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.run();
