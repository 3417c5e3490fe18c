import { test } from "uvu";
import * as assert from "uvu/assert";
import { identityMatches } from "../../../../core/image/signature/identity.ts";
import { parseReference } from "../../../../core/oci/reference.ts";

const digest = `sha256:${"a".repeat(64)}`;
const table: readonly (readonly [object | undefined, string, string, boolean])[] = [
  [undefined, "r.example/a:1", "r.example/a:1", true],
  [undefined, "r.example/a:1", "r.example/a:2", false],
  [undefined, "r.example/a:1", "r.example/a", false],
  [undefined, `r.example/a@${digest}`, "r.example/a:2", true],
  [undefined, `r.example/a@${digest}`, "r.example/b:2", false],
  [undefined, "busybox", "busybox:latest", true],
  [{ type: "matchExact" }, `r.example/a@${digest}`, "r.example/a:2", false],
  [{ type: "matchRepository" }, "r.example/a:1", "r.example/a:2", true],
  [{ type: "matchRepository" }, "r.example/a:1", "r.example/a", true],
  [{ type: "matchRepository" }, "r.example/a:1", "r.example/a/b:1", false],
  [{ type: "exactReference", dockerReference: "r.example/b:7" }, "mirror.example/a:1", "r.example/b:7", true],
  [{ type: "exactReference", dockerReference: "r.example/b:7" }, "mirror.example/a:1", "r.example/b:8", false],
  [{ type: "exactRepository", dockerRepository: "r.example/b" }, "mirror.example/a:1", "r.example/b:8", true],
  [{ type: "exactRepository", dockerRepository: "r.example/b" }, "mirror.example/a:1", "mirror.example/a:1", false],
  [{ type: "remapIdentity", prefix: "mirror.example/x", signedPrefix: "r.example" }, "mirror.example/x/a:1", "r.example/a:1", true],
  [{ type: "remapIdentity", prefix: "mirror.example/x", signedPrefix: "r.example" }, "mirror.example/xy/a:1", "r.exampley/a:1", false],
  [undefined, "r.example/a:1", "not a name!", false],
];
for (const [identity, used, signed, expected] of table) {
  test(`${JSON.stringify(identity)}: "${signed}" ${expected ? "stands" : "does not stand"} for "${used}"`, () => {
    assert.is(identityMatches(identity as Readonly<Record<string, unknown>> | undefined, parseReference(used), signed), expected);
  });
}

test("an unknown kind of identity is refused, never passed", () => {
  for (const identity of [{ type: "any" }, { type: "exactReference" }, {}]) {
    assert.throws(() => identityMatches(identity, parseReference("a.example/b:1"), "a.example/b:1"), (error: { code?: string }) => error.code === "policy-invalid");
  }
});

test.run();
