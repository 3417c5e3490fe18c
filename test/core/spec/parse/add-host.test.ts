import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseAddHost } from "../../../../core/spec/parse/add-host.ts";

test("names and addresses", () => {
  assert.equal(parseAddHost("db:10.0.0.1"), ["db:10.0.0.1"]);
  assert.equal(parseAddHost("a;b:::1"), ["a:::1", "b:::1"]);
  assert.equal(parseAddHost("h=[fe80::1]"), ["h:fe80::1"]);
  assert.equal(parseAddHost("host:host-gateway"), ["host:host-gateway"]);
});
test("bad ones", () => {
  for (const text of ["db", "db:", ":1.2.3.4", "db:nowhere", "a b:1.2.3.4"]) assert.throws(() => parseAddHost(text), (error: Error) => /add-host/.test(error.message));
});

test.run();
