/** What unpacking makes of entries, and that the exact tar can be written again. */
import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readlinkSync, statSync, statfsSync, symlinkSync, truncateSync, utimesSync, writeFileSync, linkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { haveHostPrograms } from "../e2e/harness/host-programs.ts";
import { needs, testIf } from "../runner/skip.ts";
import { applet, diff, entryBytes, hasIdRange, header, padded, readDiff, removeScratch, scratch, tarEnd, tarOf, unpack, type Entry } from "./tar-fixture.ts";

needs("user namespaces with subordinate ids", hasIdRange());

const test = suite<{ dir: string }>("layer-apply");
test.before.each((context) => { context.dir = scratch(); });
test.after.each((context) => { removeScratch(context.dir); });

const inNamespace = (dir: string, ...argv: readonly string[]): string => applet(dir, ["/bin/sh", "-c", argv.join(" ")]).stdout.toString("latin1").trim();

function unpacked(dir: string, tar: Buffer): { readonly entries: number; readonly skippedDevices: number; readonly skippedAttributes: number } {
  const result = unpack(dir, tar);
  assert.is(result.stderr, "");
  assert.is(result.status, 0);
  assert.ok(applet(dir, ["layer-assemble", join(dir, "layer")]).stdout.equals(tar), "the tar comes out as it went in");
  return JSON.parse(result.stdout.toString("utf8")) as { entries: number; skippedDevices: number; skippedAttributes: number };
}

test("owners over the whole range, set-id bits and modes survive", ({ dir }) => {
  unpacked(dir, tarOf({ name: "su", data: "x", mode: 0o4755, uid: 65534, gid: 42 }, { name: "d", type: "5", mode: 0o1777, uid: 1 }, { name: "d/g", data: "y", mode: 0o2711, gid: 1000 }));
  assert.is(inNamespace(dir, `cd ${diff(dir, ".")} && stat -c '%n %u %g %a' su d d/g`), "su 65534 42 4755\nd 1 0 1777\nd/g 0 1000 2711");
});

test("the root's own entry applies to the layer's root, which stays its user's and lets everybody in", ({ dir }) => {
  unpacked(dir, tarOf({ name: "./", type: "5", mode: 0o1720, uid: 1000, gid: 1000, mtime: 12345 }, { name: "./a", data: "x" }));
  const { mode, uid, mtimeMs } = statSync(diff(dir, "."));
  assert.equal([mode & 0o7777, uid, mtimeMs], [0o1775, process.getuid?.(), 12_345_000]);
});

test("set-group-id directories do not lend their group to what is in them", ({ dir }) => {
  unpacked(dir, tarOf({ name: "d", type: "5", mode: 0o2775, gid: 50 }, { name: "d/f", data: "x" }, { name: "d/e", type: "5", mode: 0o755 }));
  assert.is(inNamespace(dir, `cd ${diff(dir, "d")} && stat -c '%n %g %a' f e`), "f 0 644\ne 0 755");
});

test("times are kept to the nanosecond, also before 1970 and of directories with content", ({ dir }) => {
  unpacked(dir, tarOf(
    { name: "d", type: "5", mtime: 1000 }, { name: "d/f", data: "x", pax: { mtime: "1234567890.123456789" } }, { name: "old", data: "", pax: { mtime: "-1.5" } }, { name: "l", type: "2", link: "x", mtime: 77 },
  ));
  assert.is(statSync(diff(dir, "d")).mtimeMs, 1_000_000);
  assert.is(statSync(diff(dir, "d/f"), { bigint: true }).mtimeNs, 1_234_567_890_123_456_789n);
  assert.is(statSync(diff(dir, "old"), { bigint: true }).mtimeNs, -1_500_000_000n);
  assert.is(lstatSync(diff(dir, "l")).mtimeMs, 77_000);
});

testIf(test, statfsSync(tmpdir()).type === 0xef53 && haveHostPrograms(["lsattr"]), "an ext4 and lsattr", "layers that lie side by side are spread over an ext4", () => {
  const dir = scratch();
  unpacked(dir, tarOf({ name: "a", data: "x" }));
  assert.match(execFileSync("lsattr", ["-d", dir], { encoding: "utf8" }).split(" ")[0] ?? "", /T/);
  removeScratch(dir);
});

test("hard links share a file, also to links, and a link to itself is no change", ({ dir }) => {
  unpacked(dir, tarOf({ name: "a", data: "one" }, { name: "b", type: "1", link: "./a" }, { name: "s", type: "2", link: "a" }, { name: "t", type: "1", link: "s" }, { name: "b", type: "1", link: "a" }));
  assert.is(statSync(diff(dir, "b")).ino, statSync(diff(dir, "a")).ino);
  assert.is(readlinkSync(diff(dir, "t")), "a");
});

test("later entries take the place of earlier ones of any kind, and the tar still comes out right", ({ dir }) => {
  unpacked(dir, tarOf(
    { name: "a", data: "first" }, { name: "b/c/deep", data: "deep" }, { name: "l", type: "2", link: "b" }, { name: "t", data: "file" },
    { name: "a", data: "second" }, { name: "b", data: "now a file" }, { name: "l", type: "5" }, { name: "l/x", data: "in" }, { name: "t", type: "2", link: "a" },
    { name: "a", data: "third" },
  ));
  assert.is(readDiff(dir, "a"), "third");
  assert.is(readDiff(dir, "b"), "now a file");
  assert.is(readDiff(dir, "l/x"), "in");
  assert.is(readlinkSync(diff(dir, "t")), "a");
});

test("a file in a hard-linked pair is replaced, not overwritten", ({ dir }) => {
  unpacked(dir, tarOf({ name: "a", data: "old" }, { name: "b", type: "1", link: "a" }, { name: "a", data: "new" }));
  assert.is(readDiff(dir, "b"), "old");
  assert.is(readDiff(dir, "a"), "new");
});

test("parents through links inside the layer are followed as in a root", ({ dir }) => {
  unpacked(dir, tarOf({ name: "run", type: "5" }, { name: "var/run", type: "2", link: "/run" }, { name: "var/run/pid", data: "1" }, { name: "lib", type: "2", link: "usr/lib" }, { name: "usr/lib", type: "5" }, { name: "lib/so", data: "s" }, { name: "var/run/new/x", data: "2" }));
  assert.is(readDiff(dir, "run/pid"), "1");
  assert.is(readDiff(dir, "usr/lib/so"), "s");
  assert.is(readDiff(dir, "run/new/x"), "2");
});

test("absolute names, which distroless images have, are names below the root", ({ dir }) => {
  unpacked(dir, tarOf({ name: "/usr/bin/x", data: "x" }, { name: ".//etc//y", data: "y" }, { name: "/h", type: "1", link: "/usr/bin/x" }));
  assert.is(readDiff(dir, "usr/bin/x"), "x");
  assert.is(readDiff(dir, "etc/y"), "y");
});

const kind = (dir: string, name: string): string => inNamespace(dir, `stat -c '%F %t:%T' ${diff(dir, name)}`);
const opaque = (dir: string, name: string): string => applet(dir, ["/usr/bin/env", "python3", "-c", `import os,sys\ntry: print(os.getxattr(sys.argv[1],'user.overlay.opaque').decode())\nexcept OSError: print('none')`, diff(dir, name)]).stdout.toString().trim();

test("whiteouts become devices 0:0, opaque ones an attribute, aufs's own are ignored", ({ dir }) => {
  const { entries } = unpacked(dir, tarOf({ name: "d", type: "5" }, { name: "d/.wh.gone", data: "" }, { name: "o/.wh..wh..opq", data: "" }, { name: ".wh..wh.plnk", type: "5" }, { name: ".wh..wh.plnk/1.2", data: "zz" }, { name: ".wh..wh.aufs", data: "q" }));
  assert.is(entries, 6);
  assert.is(kind(dir, "d/gone"), "character special file 0:0");
  assert.is(opaque(dir, "o"), "y");
  assert.equal(readdirSync(diff(dir, ".")).sort(), ["d", "o"]);
});

test("a directory made over this layer's own whiteout hides what was below", ({ dir }) => {
  unpacked(dir, tarOf({ name: ".wh.a", data: "" }, { name: "a", type: "5" }, { name: ".wh.b", data: "" }, { name: "b/x", data: "x" }, { name: "c/x", data: "x" }, { name: ".wh.c", data: "" }, { name: ".wh.f", data: "" }, { name: "f", data: "new" }));
  assert.equal([opaque(dir, "a"), opaque(dir, "b"), opaque(dir, "c"), readDiff(dir, "f")], ["y", "y", "y", "new"]);
});

test("devices are left out and counted, fifos are made", ({ dir }) => {
  const { skippedDevices } = unpacked(dir, Buffer.concat([entryBytes({ name: "dev/null", type: "3" }), entryBytes({ name: "dev/sda", type: "4" }), entryBytes({ name: "p", type: "6", mode: 0o622 }), tarEnd]));
  assert.is(skippedDevices, 2);
  assert.is(kind(dir, "p"), "fifo 0:0");
  assert.is(statSync(diff(dir, "p")).mode & 0o777, 0o622);
  assert.equal(readdirSync(diff(dir, ".")), ["p"]);
});

test("file capabilities and user attributes are set, those of overlay and the host's policy are not", ({ dir }) => {
  const capability = Buffer.from("0100000200200000000000000000000000000000", "hex");
  unpacked(dir, tarOf({ name: "ping", data: "x", mode: 0o755, uid: 3, pax: { "SCHILY.xattr.security.capability": capability, "SCHILY.xattr.user.note": "a=b", "SCHILY.xattr.user.overlay.redirect": "/etc", "SCHILY.xattr.trusted.overlay.opaque": "y" } }));
  const names = applet(dir, ["/usr/bin/env", "python3", "-c", "import os,sys\nfor n in sorted(os.listxattr(sys.argv[1])): print(n, os.getxattr(sys.argv[1],n)[:4].hex() if n[0]=='s' else os.getxattr(sys.argv[1],n).decode())", diff(dir, "ping")]).stdout.toString().trim();
  assert.match(names, /^security\.capability 01000002\nuser\.note a=b$/);
});

test("names are bytes: newlines and invalid UTF-8 survive", ({ dir }) => {
  const name = Buffer.from([0x61, 0x0a, 0xff, 0xfe]);
  unpacked(dir, tarOf({ name, data: "x" }));
  assert.equal(readdirSync(diff(dir, "."), { encoding: "buffer" }), [name]);
});

test("base-256 sizes and owners, global headers, and empty values that take them back", ({ dir }) => {
  const global = Buffer.concat([header({ name: "g", type: "g", data: "12 gid=1234\n" }), padded("12 gid=1234\n")]);
  const wide: Entry = { name: "w", data: "wide" };
  const bytes = header(wide, (block) => { block.fill(0, 124, 136); block[124] = 0x80; block[135] = 4; block.fill(0, 108, 116); block[108] = 0x80; block[114] = 0x03; block[115] = 0xe8; });
  unpacked(dir, Buffer.concat([global, bytes, padded("wide"), entryBytes({ name: "v", data: "", pax: { gid: "7" } }), tarEnd]));
  assert.is(inNamespace(dir, `cd ${diff(dir, ".")} && stat -c '%n %u %g %s' w v`), "w 1000 1234 4\nv 0 7 0");
});

const tails: ReadonlyArray<readonly [string, Buffer]> = [
  ["nothing at all", Buffer.alloc(0)],
  ["no end blocks", entryBytes({ name: "a", data: "x" })],
  ["one end block", Buffer.concat([entryBytes({ name: "a", data: "x" }), Buffer.alloc(512)])],
  ["a record of 10 kB", Buffer.concat([tarOf({ name: "a", data: "x" }), Buffer.alloc(8192)])],
  ["rubbish behind the end", Buffer.concat([tarOf({ name: "a", data: "x" }), Buffer.from("rubbish that is no block")])],
  ["padding that is not zero", Buffer.concat([header({ name: "a", data: "x" }), Buffer.from("x".padEnd(512, "junk")), tarEnd])],
];
for (const [what, tar] of tails) test(`an archive with ${what} comes out exactly`, ({ dir }) => { unpacked(dir, tar); });

const hasTar = ((): boolean => { try { execFileSync("tar", ["--version"]); return true; } catch { return false; } })();
const formats = [["gnu"], ["oldgnu"], ["posix"], ["ustar"], ["v7"], ["gnu", "--sparse"], ["posix", "--sparse"], ["posix", "--sparse", "--sparse-version=0.0"], ["posix", "--sparse", "--sparse-version=0.1"], ["posix", "--sparse", "--sparse-version=1.0"]];
for (const [format, ...options] of formats) {
  testIf(test as never, hasTar, "GNU tar", `GNU tar's ${[format, ...options].join(" ")} comes out exactly, with the same content`, ((context: { dir: string }) => {
    const source = join(context.dir, "source");
    const long = "n".repeat(format === "v7" || format === "ustar" ? 60 : 180);
    mkdirSync(join(source, long), { recursive: true });
    writeFileSync(join(source, long, "f"), "long");
    writeFileSync(join(source, "sparse"), "begin");
    truncateSync(join(source, "sparse"), 3_000_000);
    for (let part = 1; part < 30; part += 1) execFileSync("dd", ["if=/dev/zero", `of=${join(source, "sparse")}`, "bs=1", "count=0", "conv=notrunc"], { stdio: "ignore" });
    writeFileSync(join(source, "sparse"), "middle", { flag: "r+" });
    linkSync(join(source, "sparse"), join(source, "twin"));
    symlinkSync("twin", join(source, "link"));
    utimesSync(join(source, "link"), 1, 1);
    const tar = execFileSync("tar", [`--format=${format ?? ""}`, ...options, "-cf", "-", "-C", source, "."], { maxBuffer: 2 ** 28 });
    unpacked(context.dir, tar);
    execFileSync("cmp", [join(source, "sparse"), diff(context.dir, "sparse")]);
    assert.is(readDiff(context.dir, `${long}/f`), "long");
    if (options.length > 0) assert.ok(statSync(diff(context.dir, "sparse")).blocks < 100, "holes stay holes");
  }) as never);
}

test.run();
