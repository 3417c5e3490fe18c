/** Registries on loopback: Debian's docker-registry, filled with fixture images. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fixtureLayout, type FixtureImage } from "./fixture-images.ts";
import { cacheFolder } from "./places.ts";
import { run, runOk } from "./spawn.ts";
import { waitFor } from "./wait-for.ts";

/** A running registry. */
export interface Registry {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** Reference of a repository in it: `127.0.0.1:PORT/NAME`. */
  readonly reference: (name: string) => string;
  /** Pushes an OCI layout (`oci:DIR`), archive or any other of skopeo's sources under a name. */
  readonly push: (source: string, name: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Settings of a registry. */
export interface RegistryOptions {
  /** Starts with none of the shared fixtures, in a directory of its own: for tests that push or damage. */
  readonly empty?: boolean;
  /** Clients must log in with `registryLogin`. */
  readonly login?: boolean;
  /** More of its configuration, as docker-registry's YAML: fields of `http`, and the section `auth`. */
  readonly http?: string;
  readonly auth?: string;
}

/** Whether the programs for a registry are on this machine. */
export async function haveRegistry(): Promise<boolean> {
  return (await run("sh", ["-c", "command -v docker-registry && command -v skopeo"])).code === 0;
}

/** Starts a registry on a free port of loopback that has the given fixture images. */
export async function startRegistry(images: readonly FixtureImage[] = [], options: RegistryOptions = {}): Promise<Registry> {
  const own = options.empty === true || options.login === true || options.http !== undefined || options.auth !== undefined;
  const dir = own ? mkdtempSync(join(cacheFolder("work"), "registry-")) : cacheFolder("registry");
  const config = join(own ? dir : mkdtempSync(join(cacheFolder("work"), "registry-")), "config.yml");
  writeFileSync(config, configText(join(dir, "store"), options.http ?? "", options.login === true ? authText(config) : options.auth === undefined ? "" : `auth: ${options.auth}\n`));
  // Its log is a file: a pipe that nobody reads for a while would hold it up.
  const log = join(config, "..", "log");
  const logFd = openSync(log, "w");
  const child = spawn("docker-registry", ["serve", config], { stdio: ["ignore", "ignore", logFd], env: { PATH: process.env["PATH"], OTEL_TRACES_EXPORTER: "none" } });
  // skopeo looks for one below /run otherwise, where it may not even look.
  const authFile = join(config, "..", "auth.json");
  writeFileSync(authFile, "{}");
  closeSync(logFd);
  process.on("exit", () => child.kill("SIGKILL"));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const address = await waitFor("a registry that listens", () => /msg="listening on (127\.0\.0\.1:\d+)/.exec(readFileSync(log, "utf8"))?.[1], 60_000).catch((error: Error) => {
    throw new Error(`${error.message}; it said: ${readFileSync(log, "utf8").slice(-4000)}`);
  });
  await waitFor(`an answer of the registry at ${address}`, async () => (await fetch(`http://${address}/v2/`)).status < 500);
  const credentials = options.login === true ? ["--dest-creds", registryLogin] : [];
  const registry: Registry = {
    address,
    reference: (name) => `${address}/${name}`,
    push: async (source, name) => {
      const target = name.includes(":") ? name : `${name}:latest`;
      await runOk("skopeo", ["--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", ...credentials, source, `docker://${address}/${target}`], {
        timeoutMs: 300_000, env: { ...process.env, REGISTRY_AUTH_FILE: authFile },
      });
    },
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
      rmSync(join(config, ".."), { recursive: true, force: true });
      if (own) rmSync(dir, { recursive: true, force: true });
    },
  };
  for (const image of images) await pushFixture(registry, image, own ? undefined : dir);
  return registry;
}

/** Pushes a fixture unless the shared store has this version of it already. */
async function pushFixture(registry: Registry, image: FixtureImage, sharedDir: string | undefined): Promise<void> {
  const layout = await fixtureLayout(image);
  const mark = sharedDir === undefined ? undefined : join(sharedDir, "pushed", layout.key);
  if (mark !== undefined && existsSync(mark)) return;
  await registry.push(`oci:${layout.dir}:latest`, image);
  if (mark === undefined) return;
  mkdirSync(join(mark, ".."), { recursive: true });
  writeFileSync(mark, "");
}

/** The kernel chooses the port, and the log, from the level "info" on, tells which it is. */
function configText(store: string, http: string, auth: string): string {
  return `version: 0.1\nlog: {level: info, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: "${store}"}, delete: {enabled: true}}\nhttp: {addr: "127.0.0.1:0"${http === "" ? "" : `, ${http}`}}\n${auth}`;
}

/** `user:password` of registries that ask for one. */
export const registryLogin = "tester:secret";

function authText(config: string): string {
  const file = join(config, "..", "htpasswd");
  // bcrypt of registryLogin; htpasswd(1) is on few machines.
  writeFileSync(file, "tester:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n");
  return `auth: {htpasswd: {realm: tests, path: "${file}"}}\n`;
}
