import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseVolume } from "../../../../core/spec/parse/volume.ts";

const bind = (source: string, target: string, ...options: string[]): object => ({ kind: "bind", source, target, options, createSource: false });
const valid: readonly (readonly [string, object])[] = [
  ["/a:/b", bind("/a", "/b")],
  ["./a:/b:ro,z", bind("/home/a", "/b", "ro", "z")],
  ["../a:/b", bind("/a", "/b")],
  [".:/b/../c/", bind("/home", "/c")],
  ["/a:/b:rshared,noexec,nosuid,nodev", bind("/a", "/b", "rshared", "noexec", "nosuid", "nodev")],
  ["/a:/b:cached,ro,nocopy", bind("/a", "/b", "ro")],
  ["my_datos:/opt/app", { kind: "volume", name: "my_datos", target: "/opt/app", options: [], copyUp: true }],
  ["v:/x:ro,nocopy", { kind: "volume", name: "v", target: "/x", options: ["ro"], copyUp: false }],
  ["/data", { kind: "volume", target: "/data", options: [], copyUp: true }],
];
const invalid: readonly (readonly [string, string])[] = [
  ["", "incorrect volume format"], ["/a:/b:ro:rw", '"/a:/b:ro:rw": incorrect volume format'], ["a:", '"a:"'], [":/b", '":/b"'],
  ["/a:b", 'invalid container path "b"'], ["/a:/", "root cannot be mounted over"], ["/a:/b:fast", 'invalid mount option "fast"'],
  ["/a:/b:ro,rw", 'both the mount options "ro" and "rw"'], ["/a:/b:z,Z", '"z" and "Z"'], ["/a:/b:O,upperdir=/u", 'need each other and "O"'],
  ["/a:/b:upperdir=/u,workdir=/w", 'need each other and "O"'], ["/a:/b:O,upperdir=u,workdir=/w", "must be an absolute path"], ["a$b:/x", 'invalid volume name "a$b"'],
];

for (const [text, expected] of valid) test(`-v ${text}`, () => assert.equal(parseVolume(text, "/home"), expected));
for (const [text, words] of invalid) test(`-v ${text} is refused`, () => assert.throws(() => parseVolume(text, "/home"), (error: Error) => error.message.includes(words)));

test.run();
