/** `info`'s document: podman's shape (podman-info(1)) with what cala adds: which helpers are there, what is missing, what that costs. */
import { readFileSync, statfsSync } from "node:fs";
import { cpus, freemem, hostname, release, totalmem, uptime } from "node:os";
import { CalaError } from "../base/error.ts";
import { detectCgroups } from "../cgroup/detect.ts";
import { loadRegistriesConfig } from "../config/registries-conf.ts";
import { listRecords } from "../container/store.ts";
import { viewOf } from "../container/view.ts";
import { rungNotice } from "../container/without-namespaces.ts";
import { containersDir, imagesDir, layersDir, volumesDir } from "../dirs/paths.ts";
import { ensureDir } from "../dirs/dirs.ts";
import type { Engine } from "../engine.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { identityTools, installCommand, probeTool, type HostTool, type ToolState } from "../host/tools.ts";
import { namespaceObstacle } from "../idmap/namespaces.ts";
import { storeIds } from "../idmap/store-ids.ts";
import type { IdRange } from "../idmap/map.ts";
import { imageIds } from "../image/image-store.ts";
import { networkModes } from "../network/modes/index.ts";
import { defaultCapabilities } from "../security/capabilities.ts";
import { hasApparmor } from "../security/modules.ts";
import { hasSelinux } from "../security/selinux-policy.ts";
import { libraryVersion } from "../security/seccomp/filter.ts";
import { chooseDriver } from "../storage/choose-driver.ts";
import { storageDrivers } from "../storage/drivers/list.ts";
import { landlockVersion } from "../sys/landlock.ts";
import { ociArchitecture, versionDocument } from "./version.ts";

type Document = Readonly<Record<string, unknown>>;

/** Everything `info` tells; starts the helpers once to ask their versions. */
export async function infoDocument(engine: Engine): Promise<Document> {
  const tools = await Promise.all(hostTools().map((tool) => probeTool(tool, engine.env)));
  const [host, store, registries] = await Promise.all([hostPart(engine, tools), storePart(engine), registriesPart(engine)]);
  return {
    host, store, registries,
    plugins: { volume: ["local"], network: networkModes.map((mode) => mode.name), log: ["json-file", "k8s-file", "none"], authorization: null },
    version: versionDocument(),
  };
}

/** Every program of the host that cala can use, each once. */
function hostTools(): HostTool[] {
  return [...identityTools, ...networkModes.flatMap((mode) => mode.tool ?? []), ...storageDrivers.flatMap((driver) => driver.tool ?? [])];
}

async function hostPart(engine: Engine, tools: readonly ToolState[]): Promise<Document> {
  const cgroups = detectCgroups(engine.env);
  const ids = storeIds(engine);
  const obstacle = await namespaceObstacle(engine);
  return {
    arch: ociArchitecture(),
    cgroupControllers: cgroups.controllers,
    cgroupManager: cgroups.runtimeDir !== undefined ? "systemd" : "cgroupfs",
    cgroupVersion: cgroups.kind === "unified" ? "v2" : "v1",
    cpus: cpus().length,
    distribution: distribution(),
    eventLogger: "file",
    hostname: hostname(),
    idMappings: { gidmap: ids.gids.map(mapLine), uidmap: ids.uids.map(mapLine) },
    kernel: release(),
    linkmode: "static",
    logDriver: "json-file",
    memFree: freemem(),
    memTotal: totalmem(),
    missing: [...missingParts(engine, tools, ids.notice), ...(obstacle === undefined ? [] : [{ name: "user namespaces", cost: (rungNotice(obstacle).split(";")[0] ?? ""), fix: obstacle.fix }])],
    networkBackend: "cala",
    ociRuntime: { name: "cala", package: "", path: "", version: String(versionDocument()["Version"]) },
    os: "linux",
    security: securityPart(),
    serviceIsRemote: false,
    swapFree: memoryLine("SwapFree"),
    swapTotal: memoryLine("SwapTotal"),
    tools: Object.fromEntries(tools.map(({ tool, path, version }) => [tool.name, path === undefined ? { executable: "" } : { executable: path, ...(version === undefined ? {} : { version }) }])),
    uptime: uptimeText(uptime()),
  };
}

/** What is not there, what that costs, and the command that mends it. */
function missingParts(engine: Engine, tools: readonly ToolState[], idNotice: string | undefined): Document[] {
  const absent = tools.filter(({ path }) => path === undefined).map(({ tool }) => ({ name: tool.name, cost: tool.cost, fix: installCommand(tool, engine.env) }));
  return [...absent, ...(idNotice === undefined ? [] : [{ name: "subordinate ids", cost: idNotice.split(";")[0] ?? "", fix: idNotice.split(";")[1]?.trim() ?? "" }])];
}

function securityPart(): Document {
  return {
    apparmorEnabled: hasApparmor(),
    landlockVersion: landlockVersion(),
    capabilities: defaultCapabilities.join(","),
    rootless: true,
    seccompEnabled: libraryVersion() !== "",
    seccompProfilePath: "",
    selinuxEnabled: hasSelinux(),
  };
}

async function storePart(engine: Engine): Promise<Document> {
  const { dirs } = engine;
  const statuses = listRecords(dirs, () => undefined).map((record) => viewOf(dirs, record).status);
  const count = (...wanted: readonly string[]): number => statuses.filter((status) => wanted.includes(status)).length;
  const space = statfsSync(ensureDir(dirs.data));
  return {
    configFile: dirs.config,
    containerStore: { number: statuses.length, paused: count("paused"), running: count("running", "starting"), stopped: count("created", "initialized", "exited") },
    graphDriverName: await driverName(engine),
    graphOptions: {},
    graphRoot: dirs.data,
    graphRootAllocated: space.blocks * space.bsize,
    graphRootUsed: (space.blocks - space.bfree) * space.bsize,
    imageStore: { number: imageIds(dirs).length },
    containersPath: containersDir(dirs),
    imagesPath: imagesDir(dirs),
    layersPath: layersDir(dirs),
    runRoot: dirs.runtime,
    volumePath: volumesDir(dirs),
  };
}

async function driverName(engine: Engine): Promise<string> {
  try {
    return (await chooseDriver(engine)).name;
  } catch (error) {
    if (error instanceof CalaError) return "";
    throw error;
  }
}

async function registriesPart(engine: Engine): Promise<Document> {
  const config = await loadRegistriesConfig(engine.env);
  return config.searchRegistries.length === 0 ? {} : { search: config.searchRegistries };
}

function mapLine(range: IdRange): Document {
  return { container_id: range.inside, host_id: range.outside, size: range.count };
}

/** os-release(5). */
function distribution(): Document {
  const text = readTextIfThere("/etc/os-release") ?? "";
  const field = (name: string): string => new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(text)?.[1] ?? "";
  return { codename: field("VERSION_CODENAME"), distribution: field("ID") || "unknown", version: field("VERSION_ID") || "unknown" };
}

/** Bytes of a line of /proc/meminfo. */
function memoryLine(name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync("/proc/meminfo", "utf8"));
  return Number(match?.[1] ?? 0) * 1024;
}

function uptimeText(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `${hours}h ${minutes}m ${(seconds % 60).toFixed(2)}s${hours >= 24 ? ` (Approximately ${(hours / 24).toFixed(2)} days)` : ""}`;
}
