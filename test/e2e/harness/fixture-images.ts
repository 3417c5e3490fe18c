/** THE list of fixture images. Each is made once per content of its recipe and kept in the cache as an OCI layout. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bigLayer, manyFilesLayer, mediumLayer, smallFilesLayer } from "./big-layers.ts";
import { busyboxLayer, payloadLayer } from "./busybox.ts";
import { debianLayer, nodeLayer } from "./debian.ts";
import { hostProgramsLayer, networkTools } from "./host-programs.ts";
import { writeOciLayout, type ImageConfig, type LayerSource } from "./oci-layout.ts";
import { cacheFolder, fixtureFile } from "./places.ts";
import { tarBytes } from "./tar.ts";

interface Recipe {
  /** Change it when the recipe changes; it is part of the cache's key. */
  readonly version: string;
  readonly config: ImageConfig;
  readonly layers: (work: string) => Promise<readonly LayerSource[]>;
}

const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const shell: ImageConfig = { Cmd: ["sh"], Env: [path] };

const recipes = {
  busybox: { version: "1", config: shell, layers: async () => [await busyboxLayer(), await payloadLayer()] },
  /** Everything a config can say. */
  configured: {
    version: "1",
    config: {
      Entrypoint: ["/bin/payload"], Cmd: ["json", "from-image"], Env: [path, "FROM_IMAGE=yes", "SPACED=a b"], User: "app", WorkingDir: "/work/dir",
      ExposedPorts: { "80/tcp": {}, "53/udp": {} }, Volumes: { "/data": {} }, Labels: { "org.example.kind": "fixture" }, StopSignal: "SIGUSR2",
    },
    layers: async () => [
      await busyboxLayer(), await payloadLayer(),
      tarBytes([{ name: "data/", type: "directory", uid: 1000, gid: 1000 }, { name: "data/from-image", content: "kept\n", uid: 1000, gid: 1000, mode: 0o640 }]),
    ],
  },
  /** Healthy as long as there is /well. */
  "with-health": {
    version: "1",
    config: { ...shell, Healthcheck: { Test: ["CMD-SHELL", "echo looked; test -e /well"], Interval: 200_000_000, Timeout: 20_000_000_000, Retries: 2 } },
    layers: async () => [await busyboxLayer(), tarBytes([{ name: "well", content: "" }])],
  },
  /** Real clients and servers. */
  "network-tools": { version: "1", config: shell, layers: async () => [await busyboxLayer(), await payloadLayer(), await hostProgramsLayer(networkTools)] },
  debian: { version: "2", config: { Cmd: ["bash"], Env: [path] }, layers: async (work) => [await debianLayer(work)] },
  ubuntu: { version: "2", config: { Cmd: ["bash"], Env: [path] }, layers: async (work) => [await debianLayer(work)] },
  "base-spark-hadoop": {
    version: "2",
    config: { Cmd: ["bash"], Env: [path, "SPARK_HOME=/opt/app"], WorkingDir: "/opt/app" },
    layers: async (work) => [
      await debianLayer(work),
      tarBytes([
        { name: "opt/app/", type: "directory" }, { name: "opt/app/conf/", type: "directory" },
        { name: "opt/app/conf/spark-defaults.conf", content: "spark.master local\n" }, { name: "opt/app/README", content: "content of the image\n" },
      ]),
    ],
  },
  node: { version: "2", config: { Cmd: ["node"], Env: [path] }, layers: async (work) => [await debianLayer(work), await nodeLayer()] },
  /** 500 MB, half of it random. */
  big: { version: "1", config: shell, layers: async (work) => [await busyboxLayer(), await bigLayer(work)] },
  /** 20 layers of 25 MB. */
  "layers-20": { version: "1", config: shell, layers: async (work) => await Promise.all(Array.from({ length: 20 }, async (_, number) => await mediumLayer(work, number))) },
  /** 100 000 small files. */
  "small-files": { version: "1", config: shell, layers: async (work) => [await busyboxLayer(), await smallFilesLayer(work)] },
  /** 20 000 files of many owners. */
  "many-files": { version: "1", config: shell, layers: async (work) => [await busyboxLayer(), await manyFilesLayer(work)] },
} as const satisfies Readonly<Record<string, Recipe>>;

/** A name in the list of fixture images. */
export type FixtureImage = keyof typeof recipes;

/** An image ready to be pushed: its OCI layout, and a key that changes with its content. */
export interface FixtureLayout {
  readonly dir: string;
  readonly key: string;
}

/** The image's OCI layout, made now if it is not in the cache. @throws Error when a tool or mirror it needs is not there */
export async function fixtureLayout(name: FixtureImage): Promise<FixtureLayout> {
  const recipe: Recipe = recipes[name];
  const key = `${name}-${process.arch}-v${recipe.version}-${payloadHash()}`;
  const dir = join(cacheFolder("images"), key);
  if (existsSync(dir)) return { dir, key };
  const work = mkdtempSync(join(cacheFolder("work"), `${name}-`));
  const temporary = `${dir}.${randomBytes(4).toString("hex")}`;
  try {
    mkdirSync(temporary);
    await writeOciLayout(temporary, await recipe.layers(work), recipe.config);
    if (existsSync(dir)) rmSync(temporary, { recursive: true });
    else renameSync(temporary, dir);
    return { dir, key };
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(temporary, { recursive: true, force: true });
  }
}

function payloadHash(): string {
  return createHash("sha256").update(readFileSync(fixtureFile("payload.c"))).digest("hex").slice(0, 12);
}
