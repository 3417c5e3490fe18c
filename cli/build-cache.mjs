// The code caches of the build: typical commands run once in a store of their own, and what V8 compiled for them is kept (see cli/start.cjs).
// Where the building user cannot have containers, the caches lack the code behind the refusal, and those commands start slower.
import { spawnSync } from "node:child_process";
import { chownSync, copyFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const groups = ["run", "start", "exec", "list", "images", "pull", "rest"];
const nobody = 65534;

/** Names of the cache files in dist/, for the running Node. */
export const cacheFiles = groups.map((group) => `cala-main.${process.versions.v8}-${process.arch}.${group}.cache`);

/** Removes the caches of all versions. */
export function removeCaches(dist) {
  for (const name of readdirSync(dist)) if (name.endsWith(".cache")) rmSync(join(dist, name));
}

/** Makes the caches. cala refuses to run as root, and root of a container could not stand for its users: `nobody` runs the commands then. */
export function keepCode(dist) {
  const place = mkdtempSync(join(tmpdir(), "cala-warm-"));
  const account = process.getuid() === 0 ? { uid: nobody, gid: nobody } : {};
  if (account.uid !== undefined) chownSync(place, nobody, nobody);
  const { PATH = "/usr/local/bin:/usr/bin:/bin" } = process.env;
  const env = { PATH, HOME: place, XDG_RUNTIME_DIR: place, CALA_ROOT: join(place, "store"), CALA_PROGRAM_DIR: dist };
  const cala = (...words) => spawnSync(process.execPath, [join(dist, "cala.cjs"), ...words], { ...account, env, cwd: "/", stdio: "ignore", timeout: 20_000 });
  try {
    // Makes the built-in image, and what the group "start" starts: its cache is to have no code of `create`.
    cala("create", "--name", "default-network", "localhost/cala-hello");
    cala("create", "--name", "no-network", "--network", "none", "localhost/cala-hello");
    groups.forEach((group, at) => {
      const file = join(place, `${group}.cache`);
      cala("__warm", group, file);
      if (existsSync(file)) copyFileSync(file, join(dist, `${cacheFiles[at]}.new`));
      if (existsSync(file)) renameSync(join(dist, `${cacheFiles[at]}.new`), join(dist, cacheFiles[at]));
    });
  } finally {
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  }
}
