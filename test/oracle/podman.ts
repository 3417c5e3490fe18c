/** podman with the same command line: what users of podman expect of ours. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asNamespaceRoot } from "../e2e/harness/debian.ts";
import { run, runOk, type Finished, type SpawnOptions } from "../e2e/harness/spawn.ts";

/** podman with a store of its own. */
export interface Podman {
  readonly root: string;
  readonly run: (args: readonly string[], options?: SpawnOptions) => Promise<Finished>;
  readonly close: () => Promise<void>;
}

/** Why podman cannot be asked here, as the name of the missing feature; undefined: it can. */
export async function missingForPodman(): Promise<string | undefined> {
  return (await run("sh", ["-c", "command -v podman"])).code === 0 ? undefined : "podman";
}

/** A store with one image, pulled over plain HTTP. @throws Error when podman cannot unpack it here */
export async function startPodman(image: string): Promise<Podman> {
  // podman takes no directory of more than 50 characters.
  const work = mkdtempSync(join(tmpdir(), "cala-pm-"));
  const root = join(work, "root");
  const runtime = join(work, "run");
  for (const dir of [root, runtime]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  // A runtime directory of its own: podman's pause process, which must end with the tests, is found through it.
  const env = { ...process.env, XDG_RUNTIME_DIR: runtime, HOME: work, REGISTRY_AUTH_FILE: join(work, "auth.json") };
  const global = ["--root", join(root, "store"), "--runroot", join(root, "run"), "--cgroup-manager", "cgroupfs", "--events-backend", "none"];
  const call = async (args: readonly string[], options: SpawnOptions = {}): Promise<Finished> => await run("podman", [...global, ...args], { cwd: work, ...options, env: { ...env, ...options.env } });
  writeFileSync(join(work, "auth.json"), "{}");
  await runOk("podman", [...global, "pull", "--quiet", "--tls-verify=false", image], { env });
  return {
    root,
    run: call,
    close: async () => {
      await call(["rm", "--all", "--force", "--time", "0"]);
      await call(["system", "migrate"]);
      await run("unshare", [...asNamespaceRoot(), "rm", "-rf", work]);
    },
  };
}
