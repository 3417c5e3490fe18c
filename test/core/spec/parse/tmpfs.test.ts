import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseTmpfs, parseTmpfsList } from "../../../../core/spec/parse/tmpfs.ts";

const options = (text: string): string => {
  const mount = parseTmpfs(text);
  return `${mount.target} ${mount.options.join(",")}`;
};

test("a directory alone", () => assert.is(options("/tmp"), "/tmp "));
test("options, sizes in bytes", () => assert.is(options("/run:rw,size=64k,mode=755,noexec"), "/run rw,size=65536,mode=755,noexec"));
test("bad ones", () => {
  for (const [text, words] of [["tmp", '"tmp"'], ["/tmp:size=x", 'size "x"'], ["/tmp:z", '"z"'], ["/tmp:exec,noexec", '"exec" and "noexec"']] as const) {
    assert.throws(() => parseTmpfs(text), (error: Error) => error.message.includes(words));
  }
});
test("the last one of a directory counts", () => {
  assert.equal(parseTmpfsList(["/a:ro", "/b", "/a/:size=1k"]).map((mount) => `${mount.target} ${"options" in mount ? mount.options.join(",") : ""}`), ["/a size=1024", "/b "]);
});

test.run();
