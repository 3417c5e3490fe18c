import { test } from "uvu";
import * as assert from "uvu/assert";
import { familiarName, formatReference, parseReference } from "../../../core/oci/reference.ts";

const digest = `sha256:${"a".repeat(64)}`;

const valid: readonly (readonly [string, string])[] = [
  ["ubuntu", "docker.io/library/ubuntu:latest"],
  ["ubuntu:22.04", "docker.io/library/ubuntu:22.04"],
  ["team/app", "docker.io/team/app:latest"],
  ["localhost/app", "localhost/app:latest"],
  ["localhost:5000/app:1", "localhost:5000/app:1"],
  ["127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c:latest"],
  ["quay.io/a/b@" + digest, `quay.io/a/b@${digest}`],
  ["quay.io/a/b:t@" + digest, `quay.io/a/b:t@${digest}`],
  ["index.docker.io/ubuntu", "docker.io/library/ubuntu:latest"],
  ["[::1]:5000/app", "[::1]:5000/app:latest"],
  ["a__b/c.d-e--f", "docker.io/a__b/c.d-e--f:latest"],
  ["base-spark-hadoop:latest", "docker.io/library/base-spark-hadoop:latest"],
];
for (const [typed, full] of valid) test(`"${typed}" is ${full}`, () => assert.is(formatReference(parseReference(typed)), full));

for (const typed of ["", "Ubuntu", "a//b", "/a", "a/", "a:", "a:b:c", "a@sha256:12", "-a", "a_-b", "a b", "a:" + "t".repeat(129), "b".repeat(300), "a".repeat(64), "a/../b", "x.y/A"]) {
  test(`"${typed.slice(0, 40)}" is refused`, () => assert.throws(() => parseReference(typed), (error: { code?: string }) => error.code === "reference-invalid"));
}

test("docker's short form", () => {
  assert.is(familiarName(parseReference("ubuntu")), "ubuntu:latest");
  assert.is(familiarName(parseReference("team/app:1")), "team/app:1");
  assert.is(familiarName(parseReference("quay.io/app")), "quay.io/app:latest");
});

test.run();
