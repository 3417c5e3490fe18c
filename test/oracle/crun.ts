/** Runs a container's own OCI config under crun: the second opinion on what the config means. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mapArgument } from "../../core/idmap/map.ts";
import { probeIds } from "../../core/idmap/probe.ts";
import type { RuntimeConfig, RuntimeUser } from "../../core/oci/runtime-config.ts";
import { seccompRules } from "../../core/security/seccomp/filter.ts";
import type { Cala } from "../e2e/harness/cala.ts";
import { distDir } from "../e2e/harness/places.ts";
import { run, runOk } from "../e2e/harness/spawn.ts";

/** What a config must say differently for crun, because cala says it elsewhere. */
export interface Adjustment {
  /** The words to run; the config's own when absent. */
  readonly args?: readonly string[];
  /** cala resolves names in native code and has no place for them in the config. */
  readonly user?: RuntimeUser;
  /** `--init` and `--security-opt seccomp=…` are not in cala's config, which its own native program runs. */
  readonly init?: boolean;
  readonly privileged?: boolean;
  readonly unfiltered?: boolean;
}

interface ImageRecord {
  readonly layers: readonly { readonly diffId: string }[];
}

/** Why crun cannot be asked here, as the name of the missing feature; undefined: it can. */
export async function missingForCrun(): Promise<string | undefined> {
  if ((await run("sh", ["-c", "command -v crun"])).code !== 0) return "crun";
  // crun 1.8 refuses hybrid hierarchies.
  const type = (await run("stat", ["-f", "-c", "%T", "/sys/fs/cgroup"])).stdout.trim();
  return type === "cgroup2fs" ? undefined : "cgroup v2 at /sys/fs/cgroup (tests that root starts see to it)";
}

/** The command line that runs the config of a stopped container again, under crun, on a fresh root of the same layers. */
export async function crunCommand(cala: Cala, name: string, adjustment: Adjustment): Promise<string[]> {
  const id = await cala.ok(["inspect", "--format", "{{.Id}}", name]);
  const bundle = join(cala.root, "bundles", `${name}-${(adjustment.args ?? []).join("-").replaceAll("/", "")}`);
  for (const part of ["rootfs", "upper", "work"]) mkdirSync(join(bundle, part), { recursive: true });
  const config = JSON.parse(readFileSync(join(cala.root, "data/containers", id, "config.json"), "utf8")) as RuntimeConfig;
  writeFileSync(join(bundle, "config.json"), JSON.stringify(adjustConfig(config, bundle, adjustment)));
  const overlay = `userxattr,lowerdir=${layerDirs(cala.root).join(":")},upperdir=${bundle}/upper,workdir=${bundle}/work`;
  // No cgroup: an ordinary user has none to give, and cala finds that out by itself.
  const crun = `exec crun --root ${cala.root}/crun --cgroup-manager=disabled run --bundle ${bundle} ${name}`;
  return [
    // The same outer user namespace; what crun makes in it is its own.
    join(distDir, "cala-native"), "userns-exec", join(cala.root, "run"), ...mapArgument(probeIds()), "--",
    "sh", "-c", `mount -t overlay none -o ${overlay} ${bundle}/rootfs && ${crun}`,
  ];
}

/** Runs it to its end; standard output. */
export async function runCrun(cala: Cala, name: string, adjustment: Adjustment): Promise<string> {
  const [program = "", ...args] = await crunCommand(cala, name, adjustment);
  return (await runOk(program, args, { cwd: cala.home, env: { ...process.env, ...cala.env } })).stdout;
}

function adjustConfig(config: RuntimeConfig, bundle: string, adjustment: Adjustment): RuntimeConfig {
  const process_ = config.process;
  if (process_ === undefined) throw new Error("a config without process");
  const { username: _, ...user } = process_.user;
  const args = adjustment.args ?? process_.args ?? [];
  const bounding = process_.capabilities?.bounding ?? [];
  const seccomp = adjustment.unfiltered === true ? undefined : seccompRules({ seccomp: "default", privileged: adjustment.privileged === true, capabilities: bounding });
  const init = adjustment.init === true;
  return {
    ...config,
    root: { ...config.root, path: join(bundle, "rootfs") },
    process: { ...process_, user: { ...user, ...adjustment.user }, args: init ? ["/dev/init", "init", "--", ...args] : args },
    // cala executes its init from sealed memory; podman binds one, and so do we.
    mounts: [...(config.mounts ?? []), ...(init ? [{ destination: "/dev/init", type: "bind", source: join(distDir, "cala-native"), options: ["bind", "ro"] }] : [])],
    linux: { ...config.linux, ...(seccomp === undefined ? {} : { seccomp }) },
  };
}

/** The layers of the root's only image, top first, as overlay wants them. */
function layerDirs(root: string): string[] {
  const images = readdirSync(join(root, "data/images")).filter((name) => name.endsWith(".json"));
  const record = JSON.parse(readFileSync(join(root, "data/images", images[0] ?? ""), "utf8")) as ImageRecord;
  return record.layers.map((layer) => join(root, "data/layers", layer.diffId.replace(/^sha256:/, ""), "diff")).reverse();
}
