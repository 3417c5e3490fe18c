import { test } from "uvu";
import * as assert from "uvu/assert";
import { planCopy, streamName, type PathFacts } from "../../../core/container/copy-rules.ts";

type Kind = PathFacts["kind"];
const facts = (path: string, kind: Kind, hasParent = true): PathFacts => ({ path, kind, hasParent, where: "the host" });
const rename = { name: "x", into: false };

const rules: readonly [source: string, kind: Kind, target: string, targetKind: Kind, wanted: { name: string; into: boolean } | RegExp][] = [
  ["/a/f", "file", "/new", "missing", rename],
  ["/a/f", "file", "/new/", "missing", /ends in a slash/],
  ["/a/f", "file", "/old", "file", rename],
  ["/a/f", "file", "/old/", "file", /not a directory/],
  ["/a/f", "file", "/dir", "directory", { name: "f", into: true }],
  ["/a/f", "file", "/dir/.", "directory", { name: "f", into: true }],
  ["/a/f/", "file", "/dir", "directory", /not a directory/],
  ["/a/f/.", "file", "/dir", "directory", /not a directory/],
  ["/a/d", "directory", "/new", "missing", rename],
  ["/a/d", "directory", "/new/", "missing", rename],
  ["/a/d/.", "directory", "/new", "missing", rename],
  ["/a/d", "directory", "/old", "file", /a directory is not copied to a file/],
  ["/a/d", "directory", "/dir", "directory", { name: "d", into: true }],
  ["/a/d/", "directory", "/dir", "directory", { name: "d", into: true }],
  ["/a/d/.", "directory", "/dir", "directory", { name: "", into: true }],
  ["/", "directory", "/dir", "directory", { name: "", into: true }],
  ["/a/l", "link", "/dir", "directory", { name: "l", into: true }],
  ["/a/none", "missing", "/dir", "directory", /no such file/],
];

test("what goes where follows docker's rules", () => {
  for (const [source, kind, target, targetKind, wanted] of rules) {
    const plan = (): unknown => planCopy(facts(source, kind), facts(target, targetKind), false);
    if (wanted instanceof RegExp) assert.throws(plan, wanted, `${source} to ${target}`);
    else assert.equal(plan(), wanted, `${source} to ${target}`);
  }
});

test("a target needs its directory, and --overwrite lets a directory replace a file", () => {
  assert.throws(() => planCopy(facts("/f", "file"), facts("/no/x", "missing", false), false), /its directory does not exist/);
  assert.equal(planCopy(facts("/d", "directory"), facts("/old", "file"), true), rename);
});

test("a tar on standard output begins with the last name, or has the content alone", () => {
  assert.is(streamName(facts("/a/d", "directory")), "d");
  assert.is(streamName(facts("/a/d/.", "directory")), "");
  assert.throws(() => streamName(facts("/a/f/", "file")), /not a directory/);
});

test.run();
