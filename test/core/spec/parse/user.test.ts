import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseUser, parseUserNamespace } from "../../../../core/spec/parse/user.ts";

test("users", () => {
  for (const text of ["root", "1000", "1000:100", "a:b", ":5", "name.with-dots"]) assert.is(parseUser(text), text);
  for (const text of ["", "a:b:c", "a b", "a/b", "4294967295"]) assert.throws(() => parseUser(text), (error: Error) => error.message.includes(`"${text}"`));
});
test("user namespaces", () => {
  assert.equal(parseUserNamespace("host"), { kind: "host" });
  assert.equal(parseUserNamespace("keep-id:uid=5,gid=6"), { kind: "keep-id", uid: 5, gid: 6 });
  assert.equal(parseUserNamespace("ns:/proc/1/ns/user"), { kind: "path", value: "/proc/1/ns/user" });
  assert.equal(parseUserNamespace("container:web"), { kind: "container", value: "web" });
  for (const text of ["auto", "keep-id:size=3", "ns:", "container"]) assert.throws(() => parseUserNamespace(text), (error: Error) => error.message.includes(`"${text}"`));
});

test.run();
