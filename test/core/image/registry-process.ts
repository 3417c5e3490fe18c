/** Debian's docker-registry on a free loopback port, filled by skopeo. */
import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

export async function startRegistry(directory: string): Promise<RegistryProcess> {
  const [file, log] = [join(directory, "registry.yml"), join(directory, "registry.log")];
  writeFileSync(file, `version: 0.1\nlog: {level: info, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: ${directory}/registry}, delete: {enabled: true}}\nhttp: {addr: "127.0.0.1:0"}\n`);
  const logFd = openSync(log, "w");
  const child = spawn("/usr/bin/docker-registry", ["serve", file], { stdio: ["ignore", "ignore", logFd] });
  closeSync(logFd);
  let host: string | undefined; // the kernel chooses the port, and the log tells which it is
  for (const deadline = Date.now() + 60_000; host === undefined; ) {
    if (Date.now() > deadline || child.exitCode !== null) throw new Error(`docker-registry does not start: ${readFileSync(log, "utf8")}`);
    await sleep(25);
    host = /msg="listening on (127\.0\.0\.1:\d+)/.exec(readFileSync(log, "utf8"))?.[1];
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
