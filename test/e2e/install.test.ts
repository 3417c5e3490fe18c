import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs, testIf } from "../runner/skip.ts";
import { calaIsBuilt } from "./harness/cala.ts";
import { asNamespaceRoot } from "./harness/debian.ts";
import { cacheFolder, sourceDir } from "./harness/places.ts";
import { run, runOk } from "./harness/spawn.ts";

needs("a build of cala (npm run build)", calaIsBuilt());
needs("an ordinary user (these tests are not for root)", process.getuid?.() !== 0);

const script = join(sourceDir, "install.sh");

function temporary(): string {
  return mkdtempSync(join(cacheFolder("work"), "install-"));
}

test("--prefix installs the program, pages and completions, runs a container, and --uninstall leaves nothing", async () => {
  const dir = temporary();
  const prefix = join(dir, "prefix");
  const env = { ...process.env, CALA_ROOT: join(dir, "root") };
  const first = await run(script, ["--prefix", prefix, "--no-packages"], { env, timeoutMs: 120_000 });
  assert.is(first.code, 0, first.stdout + first.stderr);
  assert.match(first.stdout, /hello/i);
  assert.match(first.stdout, new RegExp(`export PATH="${prefix}/bin:`));
  for (const path of ["bin/cala", "share/man/man1/cala.1", "share/bash-completion/completions/cala", "share/zsh/site-functions/_cala", "share/fish/vendor_completions.d/cala.fish"]) {
    assert.ok(existsSync(join(prefix, path)), path);
  }
  assert.match((await runOk(join(prefix, "bin/cala"), ["--version"])).stdout, /cala/);
  const built = (): unknown[] => ["cala-main.js", "cala-native", "index.js"].map((name) => { const { ino, mtimeMs } = statSync(join(sourceDir, "dist", name)); return [ino, mtimeMs]; });
  const before = built();
  const second = await runOk(script, ["--prefix", prefix, "--no-packages"], { env });
  assert.equal(built(), before, "the second time builds nothing");
  assert.not.match(second.stdout, /installing/);
  await runOk(script, ["--prefix", prefix, "--uninstall"], { env });
  assert.is(existsSync(prefix), false);
  await run("unshare", [...asNamespaceRoot(), "rm", "-rf", dir]);
});

test("installed where it is by default, it leaves the store to cala; a former manifest is gone by; --uninstall keeps what others put there", async () => {
  const home = temporary();
  const prefix = join(home, ".local");
  mkdirSync(join(prefix, "bin"), { recursive: true });
  mkdirSync(join(prefix, "share/cala"), { recursive: true });
  mkdirSync(join(home, "run"), { mode: 0o700 });
  for (const other of ["bin/other", "bin/forgotten"]) writeFileSync(join(prefix, other), "");
  writeFileSync(join(prefix, "share/cala/installed"), `file ${prefix}/bin/forgotten\n`);
  const { CALA_ROOT: _, XDG_DATA_HOME: _1, XDG_STATE_HOME: _2, XDG_CACHE_HOME: _3, ...rest } = process.env;
  const env = { ...rest, HOME: home, XDG_RUNTIME_DIR: join(home, "run") };
  await runOk(script, ["--no-packages"], { env, timeoutMs: 120_000 });
  await runOk(join(prefix, "bin/cala"), ["system", "check"], { env });
  await runOk(script, ["--uninstall"], { env });
  assert.equal(readdirSync(join(prefix, "bin")), ["other"]);
  assert.is(existsSync(join(prefix, "lib")), false);
  assert.ok(existsSync(join(prefix, "share/cala/images")));
  await run("unshare", [...asNamespaceRoot(), "rm", "-rf", home]);
});

/** Runs functions of install.sh in which some are replaced. */
function withFunctions(text: string): { stdout: string; status: number | null; stderr: string } {
  const done = spawnSync("sh", ["-eu", "-c", `CALA_INSTALL_FUNCTIONS=1 . ${script}\nsource_dir=${sourceDir} work=$(mktemp -d) packages=yes manager=apt-get\n${text}\nrm -rf "$work"`], { encoding: "utf8" });
  return { stdout: done.stdout, stderr: done.stderr, status: done.status };
}

const managers: ReadonlyArray<readonly [manager: string, line: RegExp]> = [
  ["apt-get", /^missing: passt or slirp4netns \(as root: apt-get install passt\): containers have no network/m],
  ["dnf", /as root: dnf install passt/], ["apk", /as root: apk add passt/], ["pacman", /as root: pacman -S passt/], ["zypper", /as root: zypper install passt/],
];

for (const [manager, line] of managers) {
  test(`without root on a host with ${manager} each missing thing is one line with its price`, () => {
    const done = withFunctions(`package_manager() { echo ${manager}; }\nfind_root() { root_by=none; }\nhas_network() { false; }\nhas_overlay() { true; }\ninstall_host_packages`);
    assert.is(done.status, 0, done.stderr);
    assert.match(done.stdout, line);
    assert.is(done.stdout.trim().split("\n").length, 1, done.stdout);
  });
}

test("with root, packages are tried in turn until one can be had", () => {
  const done = withFunctions(`find_root() { root_by=self; }\nhas_network() { [ -e "$work/there" ]; }\nrefresh_packages() { :; }
    install_packages() { echo "asked for $*" >&2; echo no >"$work/packages.log"; [ "$1" = slirp4netns ] && touch "$work/there"; }\npackage_manager() { echo apt-get; }\ninstall_host_packages`);
  assert.match(done.stderr, /asked for passt\nasked for slirp4netns\n/);
  assert.not.match(done.stdout, /missing/);
});

test("an old Node and no Node are refused with where to get it", () => {
  for (const node of ["node() { echo 18; }", "have() { false; }"]) {
    const done = withFunctions(`${node}\ncheck_node`);
    assert.is(done.status, 1);
    assert.match(done.stderr, /nodejs\.org/);
  }
});

test("new subordinate ids do not overlap any range in use", () => {
  const done = withFunctions(`cat() { printf 'a:100000:65536\\nb:165536:65536\\nc:300000:1000\\n'; }\nnext_subordinate_id`);
  assert.is(done.stdout.trim(), "301000");
});

testIf(test, existsSync("/usr/bin/dash"), "dash", "the script runs under dash", async () => {
  assert.match((await runOk("dash", [script, "--help"])).stdout, /usage/);
  const wrong = await run("dash", [script, "--no-such-option"]);
  assert.is(wrong.code, 1);
  assert.match(wrong.stderr, /--no-such-option/);
});

test("nothing of a run is left in the cache", () => {
  const left = readdirSync(cacheFolder("work")).filter((name) => name.startsWith("install-"));
  for (const name of left) rmSync(join(cacheFolder("work"), name), { recursive: true, force: true });
  assert.equal(left, []);
});

test.run();
