import { test } from "uvu";
import * as assert from "uvu/assert";
import { scopeCall } from "../../../core/cgroup/scope.ts";

test("the call has as many properties as it says", () => {
  const words = scopeCall("cala-x", { description: "a container" }, [42]);
  const signature = words.indexOf("ssa(sv)a(sa(sv))");
  assert.is(words[signature + 1], "cala-x.scope");
  assert.is(words[signature + 3], "5");
  const rest = words.slice(signature + 4, -1);
  const properties = rest.filter((word) => ["Description", "PIDs", "Delegate", "CollectMode", "TasksAccounting"].includes(word));
  assert.is(properties.length, 5);
  assert.equal(rest.slice(rest.indexOf("PIDs"), rest.indexOf("PIDs") + 4), ["PIDs", "au", "1", "42"]);
});

test("a scope may be put into a slice, with several processes", () => {
  const text = scopeCall("cala-x", { description: "a container", slice: "web.slice" }, [1, 2]).join(" ");
  assert.match(text, / fail 6 .* PIDs au 2 1 2 .* Slice s web.slice 0$/);
});

test.run();
