import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseMount } from "../../../../core/spec/parse/mount.ts";

const bind = (...options: string[]): object => ({ kind: "bind", source: "/a", target: "/b", options, createSource: false });
const valid: readonly (readonly [string, object])[] = [
  ["type=bind,source=/a,target=/b", bind()],
  ["type=bind,src=/a,dst=/b,ro", bind("ro")],
  ["src=/a,destination=/b,readonly,type=bind", bind("ro")],
  ["type=bind,source=/a,target=/b,readonly=false", bind("rw")],
  ["type=bind,source=/a,target=/b,ro=true,bind-propagation=rslave", bind("ro", "rslave")],
  ["type=bind,source=/a,target=/b,bind-nonrecursive,relabel=private,noexec=true", bind("bind", "Z", "noexec")],
  ["type=bind,source=/a,target=/b,consistency=cached", bind()],
  ["type=bind,source=a,target=/b,bind-create-src", { kind: "bind", source: "/home/a", target: "/b", options: [], createSource: true }],
  ['type=bind,"source=/a,c",target=/b', { kind: "bind", source: "/a,c", target: "/b", options: [], createSource: false }],
  ["type=volume,source=v,target=/b,volume-nocopy", { kind: "volume", name: "v", target: "/b", options: [], copyUp: false }],
  ["source=v,target=/b", { kind: "volume", name: "v", target: "/b", options: [], copyUp: true }],
  ["type=volume,dst=/b", { kind: "volume", target: "/b", options: [], copyUp: true }],
  ["type=tmpfs,target=/b,tmpfs-size=64m,tmpfs-mode=1777", { kind: "tmpfs", target: "/b", options: ["size=67108864", "mode=1777"] }],
  ["type=tmpfs,dst=/b,size=50%,notmpcopyup", { kind: "tmpfs", target: "/b", options: ["size=50%", "notmpcopyup"] }],
  ["type=image,source=busybox,target=/b", { kind: "image", source: "busybox", target: "/b", options: [] }],
  ["type=devpts,target=/b,mode=620,gid=5,max=10", { kind: "devpts", target: "/b", options: ["mode=620", "gid=5", "max=10"] }],
];
const invalid: readonly (readonly [string, string])[] = [
  ["type=bind,target=/b", "must set source"], ["type=bind,source=/a", "must set volume destination"], ["type=nfs,target=/b", 'invalid filesystem type "nfs"'],
  ["type=bind,source=/a,target=b", 'invalid container path "b"'], ["type=bind,source=/a,target=/b,color=red", '"color": invalid mount option'],
  ["type=bind,source=/a,target=/b,ro=maybe", '"maybe" is not true or false'], ["type=tmpfs,source=x,target=/b", '"source" is not allowed'],
  ["type=tmpfs,target=/b,tmpfs-size=big", 'size "big"'], ["type=bind,source=/a,target=/b,ro,rw", '"ro" and "rw"'],
  ["type=bind,source=/a,target=/b,O,idmap", '"O" and "idmap"'], ["type=bind,src=,target=/b", '"src" needs a value'],
  ["type=bind,source=/a,target=/b,relabel=none", '"none" is no relabel'],
];
const noPropagation = ["z", "Z", "U", "O", "rw", "dev", "suid", "exec", "bind", "rbind", "idmap", "no-dereference", "upperdir=/x", "shared:z", "shared/../private", "shared=1", "SHARED"];

for (const [text, expected] of valid) test(`--mount ${text}`, () => assert.equal(parseMount(text, "/home"), expected));
for (const [text, words] of invalid) {
  test(`--mount ${text} is refused`, () => assert.throws(() => parseMount(text, "/home"), (error: Error) => error.message.includes(words)));
}
for (const kind of ["bind", "volume", "glob"]) {
  test(`CVE-2024-9407: the propagation of a ${kind} mount is one of the kernel's words and no other option of it`, () => {
    for (const key of ["bind-propagation", "propagation"]) {
      for (const word of noPropagation) assert.throws(() => parseMount(`type=${kind},source=/a,target=/b,${key}=${word}`, "/"), (error: Error) => error.message.includes(`"${word}" is no ${key}`), word);
    }
  });
}

test.run();
