import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./places.ts";
import { run, runOk } from "./spawn.ts";
import { tarBytes } from "./tar.ts";

const systemPath = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;

/**
 * A minimal Debian with procps by debootstrap, made inside a user namespace, so that an ordinary user can. `container=lxc` tells
 * debootstrap not to insist on device nodes.
 * @throws Error when debootstrap, subordinate ids or the mirror are not there
 */
export async function debianLayer(work: string): Promise<{ path: string }> {
  const path = join(cacheFolder("layers"), `debian-bookworm-${process.arch}-v2.tar`);
  if (existsSync(path)) return { path };
  const root = join(work, "rootfs");
  const script = [
    "set -e",
    `mkdir -p ${root}; debootstrap --variant=minbase --include=procps bookworm ${root} ${await debianMirror()} >&2`,
    `rm -rf ${root}/var/cache/apt/archives/*.deb ${root}/var/lib/apt/lists/* ${root}/var/cache/apt/*.bin ${root}/usr/share/doc/* ${root}/usr/share/locale/*`,
    `umount -R ${root}/dev ${root}/proc ${root}/sys 2>/dev/null || true; rm -rf ${root}/dev/*`,
    `tar --numeric-owner --xattrs -C ${root} -cf ${path}.${process.pid} .`,
    `rm -rf ${root}`,
  ].join("\n");
  await runOk("unshare", [...asNamespaceRoot(), "--mount", "--pid", "--fork", "--propagation", "private", "sh", "-c", script], {
    env: { ...process.env, PATH: systemPath, container: "lxc" }, timeoutMs: 600_000,
  });
  renameSync(`${path}.${process.pid}`, path);
  return { path };
}

/** unshare's options for a user namespace with the whole range of subordinate ids. */
export function asNamespaceRoot(): string[] {
  return process.getuid?.() === 0 ? [] : ["--user", "--map-auto", "--map-root-user"];
}

/** The mirror that apt uses here, so that proxies and caches are used. */
async function debianMirror(): Promise<string> {
  const targets = await run("apt-get", ["indextargets", "--format", "$(SITE) $(CODENAME)"]).catch(() => undefined);
  const site = targets?.stdout.split("\n").find((line) => line.endsWith(" bookworm"))?.split(" ")[0];
  return site ?? "http://deb.debian.org/debian";
}

/** Node 20 from the npm registry as /usr/local/bin/node. @throws Error when npm's registry cannot be reached */
export async function nodeLayer(): Promise<Buffer> {
  return tarBytes([{ name: "usr/local/bin/node", mode: 0o755, content: readFileSync(await nodeProgram(20)) }]);
}

/** A Node of the given major version from the npm registry, kept in the cache. @throws Error when npm's registry cannot be reached */
export async function nodeProgram(major: number): Promise<string> {
  const dir = cacheFolder("node", String(major));
  const program = join(dir, "node_modules", `node-linux-${process.arch}`, "bin", "node");
  if (existsSync(program)) return program;
  writeFileSync(join(dir, "package.json"), '{"private":true}');
  const env = { ...process.env };
  const certificates = process.env["CALA_TEST_EXTRA_CA_CERTS"];
  if (certificates !== undefined) env["NODE_EXTRA_CA_CERTS"] = certificates;
  // A cache of its own: `npm test` started by root hands on root's.
  await runOk("npm", ["install", "--cache", join(dir, "cache"), "--ignore-scripts", "--no-audit", "--no-fund", `node-linux-${process.arch}@${major}`], { cwd: dir, env, timeoutMs: 180_000 });
  return program;
}
