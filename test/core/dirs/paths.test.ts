import { test } from "uvu";
import * as assert from "uvu/assert";
import { resolveDirs } from "../../../core/dirs/dirs.ts";
import * as paths from "../../../core/dirs/paths.ts";

const dirs = resolveDirs({}, "/root-of-all");

test("every place of the store is among the known entries, which check and reset go by", () => {
  const places = Object.values(paths).flatMap((value) => (typeof value === "function" ? [(value as (...args: unknown[]) => string)(dirs, "x", "y")] : []));
  assert.ok(places.length > 15);
  for (const kind of ["data", "state", "cache", "runtime"] as const) {
    const below = places.filter((path) => path.startsWith(`${dirs[kind]}/`)).map((path) => path.slice(dirs[kind].length + 1).split("/")[0] ?? "");
    const unknown = below.filter((name) => !(paths.knownEntries[kind] as readonly string[]).includes(name));
    assert.equal(unknown, [], `unknown in ${kind}`);
  }
});

test.run();
