/** Debian's docker-registry on a free loopback port, filled by skopeo. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeLayout, type SampleImage } from "./sample-image.ts";

export const hasRegistry = existsSync("/usr/bin/docker-registry") && existsSync("/usr/bin/skopeo");

/** Runs skopeo with no logins, whatever this user's runtime directory holds. */
export function skopeo(...args: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), "cala-skopeo-"));
  try {
    writeFileSync(join(directory, "auth.json"), "{}");
    return execFileSync("skopeo", ["--insecure-policy", ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, REGISTRY_AUTH_FILE: join(directory, "auth.json") } });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export interface RegistryProcess {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  push(image: SampleImage, name: string): void;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function startRegistry(directory: string): Promise<RegistryProcess> {
  const port = await freePort();
  const file = join(directory, "registry.yml");
  writeFileSync(file, `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${directory}/registry}, delete: {enabled: true}}\nhttp: {addr: "127.0.0.1:${port}"}\n`);
  const child = spawn("/usr/bin/docker-registry", ["serve", file], { stdio: "ignore" });
  const host = `127.0.0.1:${port}`;
  for (let tries = 0; ; tries += 1) {
    const up = await fetch(`http://${host}/v2/`).then((answer) => answer.ok, () => false);
    if (up) break;
    if (tries > 200 || child.exitCode !== null) throw new Error("docker-registry does not start");
    await sleep(25);
  }
  let layouts = 0;
  return {
    host,
    push: (image, name) => {
      const layout = join(directory, `layout-${layouts++}`);
      writeLayout(layout, image);
      skopeo("copy", "--quiet", "--dest-tls-verify=false", `oci:${layout}`, `docker://${host}/${name}`);
    },
    stop: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await ended;
    },
  };
}
