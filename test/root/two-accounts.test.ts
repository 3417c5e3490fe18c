/** One account's store is another's `additionalimagestores`: two real accounts with ids of their own, and no right to write for the second. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { busyboxLayer } from "../e2e/harness/busybox.ts";
import { calaIsBuilt } from "../e2e/harness/cala.ts";
import { distDir } from "../e2e/harness/places.ts";
import { run, runOk, type Finished } from "../e2e/harness/spawn.ts";
import { tarBytes } from "../e2e/harness/tar.ts";
import { needs } from "../runner/skip.ts";

needs("a build of cala (npm run build)", calaIsBuilt());
needs("root", process.getuid?.() === 0);

/** An account with subordinate ids. */
interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

function accountOf(name: string): Account | undefined {
  const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, "m").exec(readFileSync("/etc/passwd", "utf8")) ?? [];
  const hasIds = new RegExp(`^(${name}|${uid ?? ""}):`, "m").test(readFileSync("/etc/subuid", "utf8"));
  return uid === undefined || !hasIds ? undefined : { name, uid: Number(uid), gid: Number(gid) };
}

const owner = accountOf(process.env["CALA_TEST_ACCOUNT"] ?? "cala-test");
const reader = accountOf("cala");
needs("two accounts with subordinate ids (the tests' own, and cala, which install.sh makes when root runs it)", owner !== undefined && reader !== undefined);
if (owner === undefined || reader === undefined) throw new Error("no accounts");

const place = mkdtempSync(join(tmpdir(), "cala-shared-"));
chmodSync(place, 0o755);
mkdirSync(join(place, "bin"));
symlinkSync(join(distDir, "cala-native"), join(place, "bin/cala"));
const homeOf = ({ name }: Account): string => join(place, name);
for (const account of [owner, reader]) {
  mkdirSync(join(homeOf(account), "run"), { recursive: true });
  for (const dir of [homeOf(account), join(homeOf(account), "run")]) chownSync(dir, account.uid, account.gid);
}
const store = join(homeOf(owner), "store");
const conf = join(place, "storage.conf");
writeFileSync(conf, `[storage.options]\nadditionalimagestores = ["${store}"]\n`);

async function as(account: Account, words: readonly string[]): Promise<Finished> {
  const home = homeOf(account);
  const env = { PATH: `${join(place, "bin")}:${process.env["PATH"] ?? ""}`, HOME: home, XDG_RUNTIME_DIR: join(home, "run"), CALA_ROOT: account === owner ? store : join(home, "store"), ...(account === reader ? { CONTAINERS_STORAGE_CONF: conf } : {}) };
  return await run("runuser", ["-u", account.name, "--", ...words], { env, cwd: home, timeoutMs: 120_000 });
}

async function ok(account: Account, words: readonly string[]): Promise<string> {
  const finished = await as(account, words);
  assert.is(finished.code, 0, `${account.name}: ${words.join(" ")}: ${finished.stdout}${finished.stderr}`);
  return finished.stdout.trim();
}

const stateOfStore = async (): Promise<string> => (await runOk("sh", ["-c", `find ${store}/data -not -path '*/unsynced*' -printf '%p %y %s %m %U %G %T@ %C@\\n' | sort`])).stdout;

test.before(async () => {
  for (const [name, layer] of [["busybox", await busyboxLayer()], ["private", tarBytes([{ name: "for-root", content: "secret\n", mode: 0o600 }, { name: "of-1000", content: "x", uid: 1000, gid: 1000 }])]] as const) {
    writeFileSync(join(place, `${name}.tar`), layer);
    await ok(owner, ["cala", "import", "-q", "--change", "CMD [\"sh\"]", join(place, `${name}.tar`), `localhost/${name}`]);
  }
  await ok(owner, ["cala", "run", "--name", "kept", "--network", "none", "localhost/busybox", "touch", "/new"]);
  await ok(owner, ["cala", "commit", "-q", "kept", "localhost/both"]);
  await ok(owner, ["cala", "rm", "kept"]);
  await ok(owner, ["cala", "unshare", "chmod", "-R", "a+rX", store]);
});

test.after(async () => {
  for (const account of [owner, reader]) await as(account, ["cala", "system", "reset", "-f"]);
  rmSync(place, { recursive: true, force: true });
});

test("the second account sees, runs, saves and inspects the first one's images, and cannot write there", async () => {
  const before = await stateOfStore();
  assert.is.not((await as(reader, ["touch", join(store, "data/mine")])).code, 0, "the store is closed to its writes");
  assert.is(await ok(reader, ["cala", "images", "--format", "{{.Repository}} {{.ReadOnly}}", "--sort", "repository"]), "localhost/both true\nlocalhost/busybox true\nlocalhost/private true");
  assert.is(await ok(reader, ["cala", "run", "--rm", "--network", "none", "localhost/both", "sh", "-c", "ls /new; id -u; stat -c %u:%g /bin/busybox; echo more >/bin/more; ls /bin/more"]), "/new\n0\n0:0\n/bin/more");
  await ok(reader, ["cala", "create", "--name", "held", "--network", "none", "localhost/busybox", "cat", "/etc/passwd"]);
  assert.match(await ok(reader, ["cala", "start", "-a", "held"]), /^root:/);
  await ok(reader, ["cala", "save", "-q", "-o", join(homeOf(reader), "both.tar"), "localhost/both"]);
  assert.is(await ok(reader, ["cala", "image", "inspect", "--format", "{{json .Config.Cmd}}", "localhost/private"]), "[\"sh\"]");
  assert.is(await stateOfStore(), before);
});

test("owners and modes of what the layers say, not of how the other account keeps them", async () => {
  await ok(reader, ["cala", "commit", "-q", "held", "localhost/own"]);
  assert.is(await ok(reader, ["cala", "run", "--rm", "--network", "none", "--mount", "type=image,src=localhost/private,dst=/p", "localhost/own", "stat", "-c", "%n %a %u:%g", "/p/for-root", "/p/of-1000"]), "/p/for-root 600 0:0\n/p/of-1000 644 1000:1000");
});

test("rmi refuses what is the other's, prunes leave it, and the check finds no damage", async () => {
  const before = await stateOfStore();
  const refused = await as(reader, ["cala", "rmi", "localhost/busybox"]);
  assert.is.not(refused.code, 0);
  assert.match(refused.stderr, /which is only read/);
  await ok(reader, ["cala", "tag", "localhost/busybox", "localhost/mine"]);
  assert.match(await ok(reader, ["cala", "rmi", "localhost/mine"]), /Untagged: localhost\/mine/);
  await ok(reader, ["cala", "rm", "-f", "-a"]);
  for (const words of [["image", "prune", "-a", "-f"], ["system", "prune", "-a", "-f"]]) await ok(reader, ["cala", ...words]);
  assert.match(await ok(reader, ["cala", "system", "check"]), /^no damage/);
  assert.match(await ok(reader, ["cala", "images", "-q"]), /^[0-9a-f]{12}/);
  assert.is(await stateOfStore(), before);
  assert.match(await ok(reader, ["cala", "run", "--rm", "--network", "none", "localhost/busybox", "echo", "still here"]), /still here/);
});

test("what the owner removes is gone for the other, whose containers keep what they copied", async () => {
  await ok(reader, ["cala", "create", "--name", "stays", "--network", "none", "localhost/both", "ls", "/new"]);
  await ok(reader, ["cala", "start", "-a", "stays"]);
  await ok(owner, ["cala", "rmi", "-f", "localhost/both"]);
  assert.is(await ok(reader, ["cala", "start", "-a", "stays"]), "/new");
  assert.is.not((await as(reader, ["cala", "run", "--rm", "--network", "none", "--pull", "never", "localhost/both", "true"])).code, 0);
  await ok(reader, ["cala", "rm", "stays"]);
});

test.run();
