import { lstatSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "owners", ["busybox", "configured"]);
const none = ["run", "--rm", "--network", "none"] as const;
const own = process.getuid?.() ?? 0;

/** A directory with a file, a link out of it and a directory. */
function project(name: string): string {
  const dir = join(cala.home, name);
  mkdirSync(join(dir, "below"), { recursive: true });
  writeFileSync(join(dir, "file"), "host\n");
  writeFileSync(join(dir, "below/file"), "host\n");
  writeFileSync(join(cala.home, `${name}-outside`), "");
  symlinkSync(join(cala.home, `${name}-outside`), join(dir, "link"));
  return dir;
}

test(":U gives what is mounted to the container's user, links themselves and not what they lead to; unshare --give-back undoes it", async () => {
  const dir = project("given");
  const out = await cala.ok([...none, "--userns", "private", "--user", "app", "-v", `${dir}:/w:U`, "busybox", "sh", "-c", "touch /w/new; stat -c %u /w /w/file /w/below/file /w/link"]);
  assert.is(out, "1000\n1000\n1000\n1000");
  assert.not.equal(statSync(join(dir, "file")).uid, own);
  assert.is(statSync(join(cala.home, "given-outside")).uid, own);
  await cala.ok(["unshare", "--give-back", dir]);
  for (const name of ["", "file", "new", "below/file", "link"]) assert.is(lstatSync(join(dir, name)).uid, own, name);
});

test(":U with ro changes owners first; an unknown user is an error and changes nothing", async () => {
  const dir = project("readonly");
  assert.is(await cala.ok([...none, "--userns", "private", "--user", "5", "-v", `${dir}:/w:U,ro`, "busybox", "sh", "-c", "stat -c %u /w/file; touch /w/x 2>/dev/null || echo refused"]), "5\nrefused");
  await cala.ok(["unshare", "--give-back", dir]);
  assert.is((await cala.fails([...none, "--user", "nobody-here", "-v", `${dir}:/w:U`, "busybox", "true"])).code, 125);
  assert.is(statSync(join(dir, "file")).uid, own);
});

test(":U on a tmpfs and on a volume", async () => {
  assert.is(await cala.ok([...none, "--user", "7:8", "--tmpfs", "/t:U", "-v", "given:/v:U", "busybox", "stat", "-c", "%u:%g", "/t", "/v"]), "7:8\n7:8");
});

test(":O: changes do not reach the directory, and are gone at the next start", async () => {
  const dir = project("covered");
  await cala.ok(["create", "--name", "covered", "--network", "none", "-v", `${dir}:/w:O`, "busybox", "sh", "-c", "ls /w; rm /w/file; echo more > /w/new; echo x > /w/below/file"]);
  for (let round = 0; round < 2; round += 1) assert.is(await cala.ok(["start", "-a", "covered"]), "below\nfile\nlink");
  assert.equal(readdirSync(dir).sort(), ["below", "file", "link"]);
  assert.is(readFileSync(join(dir, "below/file"), "utf8"), "host\n");
  await cala.ok(["rm", "covered"]);
});

test(":O with directories of the user's own keeps the changes there", async () => {
  const dir = project("kept");
  const [upper, work] = [join(cala.home, "kept-upper"), join(cala.home, "kept-work")];
  for (const path of [upper, work]) mkdirSync(path);
  await cala.ok([...none, "-v", `${dir}:/w:O,upperdir=${upper},workdir=${work}`, "busybox", "sh", "-c", "echo more > /w/new"]);
  assert.is(readFileSync(join(upper, "new"), "utf8"), "more\n");
  assert.equal(readdirSync(dir).sort(), ["below", "file", "link"]);
});

test(":O over a volume, and over a directory of the caller's with other ids", async () => {
  assert.is(await cala.ok([...none, "-v", "base:/v", "busybox", "sh", "-c", "echo kept > /v/f"]), "");
  assert.is(await cala.ok([...none, "-v", "base:/v:O", "busybox", "sh", "-c", "cat /v/f; rm /v/f"]), "kept");
  assert.is(await cala.ok([...none, "-v", "base:/v", "busybox", "cat", "/v/f"]), "kept");
  const dir = project("ids");
  assert.is(await cala.ok([...none, "--userns", "keep-id:uid=500,gid=500", "-v", `${dir}:/w:O`, "busybox", "sh", "-c", "echo x > /w/new && stat -c %u /w/file /w/new"]), "500\n500");
});

test(":idmap says that the file system cannot be mapped by an ordinary user", async () => {
  const refused = await cala.fails([...none, "-v", `${project("mapped")}:/w:idmap`, "busybox", "true"]);
  assert.is(refused.code, 125);
  assert.match(refused.stderr, /"\/w".*cannot be id-mapped by an ordinary user/);
});

test("unshare: a program among all the user's ids, its exit code, and rm -rf of files of theirs", async () => {
  assert.match(await cala.ok(["unshare", "cat", "/proc/self/uid_map"]), new RegExp(`^\\s*0\\s+${own}\\s+1\n`));
  assert.is((await cala.run(["unshare", "sh", "-c", "exit 7"])).code, 7);
  assert.is((await cala.run(["unshare", "/no/such/program"])).code, 127);
  const dir = join(cala.home, "theirs");
  mkdirSync(dir);
  await cala.ok([...none, "--userns", "private", "-v", `${dir}:/w`, "busybox", "sh", "-c", "mkdir /w/d; touch /w/d/f; chown -R 1000 /w/d; chmod 700 /w/d"]);
  assert.throws(() => readdirSync(join(dir, "d")));
  await cala.ok(["unshare", "rm", "-rf", join(dir, "d")]);
  assert.equal(readdirSync(dir), []);
  assert.match((await cala.fails(["unshare", "--rootless-netns", "true"])).stderr, /no one network namespace/);
});

test("commit, export, diff and cp tell a container's files by the ids that they have inside", async () => {
  await cala.ok(["run", "-d", "--name", "moved", "--network", "none", "--userns", "keep-id:uid=1000,gid=1000", "busybox", "sleep", "100"]);
  await cala.ok(["exec", "moved", "sh", "-c", "echo mine > /tmp/mine"]);
  await cala.ok(["exec", "--user", "0", "moved", "sh", "-c", "echo more >> /etc/group; echo roots > /roots; chmod 600 /roots"]);
  writeFileSync(join(cala.home, "handed"), "x");
  await cala.ok(["cp", join(cala.home, "handed"), "moved:/tmp/copied"]);
  assert.is(await cala.ok(["exec", "moved", "stat", "-c", "%u", "/tmp/copied"]), "1000");
  await cala.ok(["cp", "moved:/roots", join(cala.home, "got")]);
  assert.is(readFileSync(join(cala.home, "got"), "utf8"), "roots\n");
  assert.match(await cala.ok(["diff", "moved"]), /^A \/roots$/m);
  await cala.ok(["commit", "-q", "moved", "committed"]);
  assert.is(await cala.ok([...none, "committed", "stat", "-c", "%u", "/tmp/mine", "/roots", "/etc/group", "/bin"]), "1000\n0\n0\n0");
  await cala.ok(["stop", "-t", "0", "moved"]);
  await cala.ok(["cp", join(cala.home, "handed"), "moved:/tmp/later"]);
  await cala.ok(["start", "moved"]);
  assert.is(await cala.ok(["exec", "moved", "stat", "-c", "%u", "/tmp/later"]), "1000");
  await cala.ok(["rm", "-f", "-t", "0", "moved"]);
});

test.run();
