import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { enforceLocalPolicy, loadPolicy, requirementsFor, scopesOfPath, scopesOfReference, signaturesAsked, type Policy } from "../../../core/config/policy.ts";
import { parseReference } from "../../../core/oci/reference.ts";

const policy: Policy = {
  file: "p", default: [{ type: "reject" }],
  transports: { docker: { "quay.io": [{ type: "insecureAcceptAnything" }], "quay.io/bad": [{ type: "reject" }], "quay.io/bad/good:1": [{ type: "insecureAcceptAnything" }], "*.wild.example": [{ type: "insecureAcceptAnything" }], "fulcio.example": [{ type: "sigstoreSigned", ...{ fulcio: {} } }], "signed.example": [{ type: "signedBy", keyType: "GPGKeys", keyPath: "/k" }] } },
};
const verdict = (name: string): string => {
  try {
    const reference = parseReference(name);
    return signaturesAsked(policy, "docker", scopesOfReference(reference), name)[0]?.type ?? "accepted";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

for (const [name, expected] of [["quay.io/any/thing", "accepted"], ["quay.io/bad/thing", "policy-rejected"], ["quay.io/bad/good:1", "accepted"], ["quay.io/bad/good:2", "policy-rejected"], ["ubuntu", "policy-rejected"], ["a.b.wild.example/x", "accepted"], ["signed.example/x", "signedBy"], ["fulcio.example/x", "policy-unsupported"]] as const) {
  test(`${name}: ${expected}`, () => assert.is(verdict(name), expected));
}

test("archives and directories: their scopes are paths, and a signature that is asked for refuses them", () => {
  const local: Policy = { file: "p", default: [{ type: "reject" }], transports: { "docker-archive": { "": [{ type: "insecureAcceptAnything" }] }, oci: { "/srv/good": [{ type: "insecureAcceptAnything" }], "/srv/good/not": [{ type: "signedBy", keyType: "GPGKeys", keyPath: "/k" }] } } };
  const passes = (transport: string, scopes: readonly string[]): boolean => {
    try {
      enforceLocalPolicy(local, transport, scopes, "x");
      return true;
    } catch {
      return false;
    }
  };
  assert.is(passes("docker-archive", []), true);
  assert.is(passes("dir", scopesOfPath("/srv/good")), false);
  assert.is(passes("oci", scopesOfPath("/srv/good/deep", "name")), true);
  assert.is(passes("oci", scopesOfPath("/srv/good/not", "name")), false);
  assert.is(requirementsFor(local, "oci", scopesOfPath("/srv"))[0]?.type, "reject");
});

test("a policy that cannot be followed is refused when it is read", () => {
  const directory = mkdtempSync(join(tmpdir(), "cala-policy-"));
  const file = join(directory, "policy.json");
  try {
    for (const requirements of [[], [{ type: "signedby" }], [{ type: "signedBy", keyPath: "/k" }], [{ type: "signedBy", keyType: "GPGKeys" }], [{ type: "sigstoreSigned", keyPath: "/k", keyData: "a" }]]) {
      writeFileSync(file, JSON.stringify({ default: [{ type: "reject" }], transports: { docker: { "x.example": requirements } } }));
      assert.throws(() => loadPolicy({}, file), (error: { code?: string }) => error.code === "policy-invalid", JSON.stringify(requirements));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

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
