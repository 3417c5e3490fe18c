import { needs } from "../../runner/skip.ts";
import { calaIsBuilt, makeCala, type Cala } from "./cala.ts";
import type { FixtureImage } from "./fixture-images.ts";
import { haveRegistry, startRegistry, type Registry } from "./registry.ts";

/** A private cala and the registry whose images it finds under their short names. */
export interface Suite {
  readonly cala: Cala;
  readonly registry: Registry;
}

interface Hooks {
  after(hook: () => Promise<void>): void;
}

/** Prepares a test file: skips it where it cannot run, starts a registry with the images, and checks for leaks at the end. */
export async function prepareSuite(test: Hooks, name: string, images: readonly FixtureImage[] = ["busybox"]): Promise<Suite> {
  needs("a build of cala (npm run build)", calaIsBuilt());
  needs("an ordinary user (these tests are not for root)", process.getuid?.() !== 0);
  needs("docker-registry and skopeo", await haveRegistry());
  const registry = await startRegistry(images);
  const cala = makeCala(name);
  cala.useRegistry(registry.address);
  test.after(async () => {
    await registry.stop();
    await cala.close();
  });
  return { cala, registry };
}

/** What test/fixtures/payload.c prints. */
export interface Payload {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly hostname: string;
  readonly status: Readonly<Record<string, string>>;
  /** Soft and hard; -1 is unlimited. */
  readonly limits: Readonly<Record<string, readonly [number, number]>>;
  readonly namespaces: Readonly<Record<string, string>>;
  readonly fds: Readonly<Record<string, string>>;
  readonly mounts: readonly string[];
  readonly uidMap: readonly string[];
  readonly noNewPrivileges: number;
  readonly umask: number;
  readonly isTerminal: readonly [boolean, boolean, boolean];
  readonly rows: number;
  readonly columns: number;
}

/** Runs the payload program in a new container of `busybox` with the given options. */
export async function payload(cala: Cala, options: readonly string[] = [], image = "busybox"): Promise<Payload> {
  return JSON.parse(await cala.ok(["run", "--rm", "--network", "none", ...options, image, "payload"])) as Payload;
}
