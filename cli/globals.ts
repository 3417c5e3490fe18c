import { resolve } from "node:path";
import { CalaError } from "../core/base/error.ts";
import { flag, list, value } from "./option.ts";
import type { OptionValues } from "./option.ts";

const logLevels = ["trace", "debug", "info", "warn", "warning", "error", "fatal", "panic"];

/** Options of the program itself; they stand before the command. Only what has an effect is here. */
export const globalOptions = {
  root: value("--root", "DIR", "Keep everything below DIR: images, containers, volumes, state (default: the XDG directories)", { complete: "directories" }),
  runroot: value("--runroot", "DIR", "Keep what may be lost at reboot below DIR", { complete: "directories" }),
  storageDriver: value("--storage-driver", "DRIVER", "How new containers stack layers, as named in info (default: the best that works here)"),
  storageOpt: list("--storage-opt", "KEY=VALUE", "additionalimagestore=DIR: use the images of another store, too, without changing it"),
  tmpdir: value("--tmpdir", "DIR", "Directory for temporary files", { complete: "directories" }),
  cdiSpecDir: list("--cdi-spec-dir", "DIR", "Look for descriptions of CDI devices in DIR, instead of /etc/cdi and /var/run/cdi", { complete: "directories" }),
  hooksDir: list("--hooks-dir", "DIR", "Run the OCI hooks that are described in DIR at the start of containers that are made now; the stage createContainer only", { complete: "directories" }),
  eventsBackend: value("--events-backend", "KIND", "Where what happens is noted: a file, which cala events reads, or none", { choices: ["file", "none"], defaultText: "file" }),
  cgroupManager: value("--cgroup-manager", "MANAGER", "Who makes control groups: systemd, or cgroupfs, which uses only what is delegated to cala already (default: what is delegated, else systemd)", { choices: ["cgroupfs", "systemd"] }),
  config: value("--config", "DIR", "Directory of docker's config.json, with its credentials", { complete: "directories" }),
  out: value("--out", "FILE", "Write standard output to FILE", { complete: "files" }),
  logLevel: value("-l, --log-level", "LEVEL", "How much to tell: debug adds causes and stacks to errors", { choices: logLevels, initial: "warn" }),
  debug: flag("-D, --debug", "The same as --log-level debug"),
  syslog: flag("--syslog", "Send warnings and errors to the system's log, too"),
  version: flag("-v, --version", "Print the version"),
} as const;

/** Refused with a reason, rather than accepted without effect. */
const refused: Readonly<Record<string, string>> = {
  conmon: "cala has a monitor of its own",
  imagestore: "images and containers of cala lie in one place (--root); images of a further store are used with --storage-opt additionalimagestore=DIR",
  module: "cala reads no containers.conf",
  "network-config-dir": "networks lie with everything else (--root)",
  runtime: "cala starts containers by itself",
  "runtime-flag": "cala starts containers by itself",
  "transient-store": "a container and its record lie in one place (--root), and what is to go with the boot is run with --rm",
  volumepath: "volumes lie with everything else (--root); cala volume create -o type=none -o o=bind -o device=DIR NAME makes one elsewhere",
  "network-cmd-path": "helpers are found on PATH",
  remote: "cala has no daemon to connect to",
  connection: "cala has no daemon to connect to",
  url: "cala has no daemon to connect to",
  host: "cala has no daemon to connect to",
};

/** The refused global options, which parse so that they can be answered. */
export const refusedOptions = Object.fromEntries(Object.keys(refused).map((name) => [name, list(`--${name}`, "VALUE", "", { hidden: true, bare: "" })]));

/** Values of the global options. */
export type GlobalValues = OptionValues<typeof globalOptions>;

/** @throws CalaError `option-refused` for the first refused option that was given */
export function refuseGlobals(given: Readonly<Record<string, readonly string[] | undefined>>): void {
  for (const [name, reason] of Object.entries(refused)) {
    if (given[name] !== undefined) throw new CalaError("option-refused", `option "--${name}" makes no sense here: ${reason}`);
  }
}

/** Whether errors show causes and stacks. */
export function isDebugging(globals: Pick<GlobalValues, "logLevel" | "debug">, env: Readonly<Record<string, string | undefined>>): boolean {
  const variable = env["CALA_DEBUG"];
  return globals.debug || globals.logLevel === "debug" || globals.logLevel === "trace" || (variable !== undefined && variable !== "" && variable !== "0");
}

/** The environment in which global options take effect: whatever cala starts reads the same variables. */
export function environmentOf(globals: GlobalValues): Record<string, string> {
  const env: Record<string, string> = {};
  if (globals.root !== undefined) env["CALA_ROOT"] = resolve(globals.root);
  if (globals.runroot !== undefined) env["CALA_RUNROOT"] = resolve(globals.runroot);
  if (globals.storageDriver !== undefined) env["CALA_STORAGE_DRIVER"] = globals.storageDriver;
  if (globals.storageOpt.length > 0) env["CALA_IMAGE_STORES"] = globals.storageOpt.map(furtherStoreOf).join(":");
  if (globals.tmpdir !== undefined) env["TMPDIR"] = resolve(globals.tmpdir);
  if (globals.cdiSpecDir.length > 0) env["CALA_CDI_SPEC_DIRS"] = globals.cdiSpecDir.map((dir) => resolve(dir)).join(":");
  if (globals.hooksDir.length > 0) env["CALA_HOOKS_DIRS"] = globals.hooksDir.map((dir) => resolve(dir)).join(":");
  if (globals.eventsBackend !== undefined) env["CALA_EVENTS"] = globals.eventsBackend;
  if (globals.cgroupManager !== undefined) env["CALA_CGROUP_MANAGER"] = globals.cgroupManager;
  if (globals.syslog) env["CALA_SYSLOG"] = "1";
  if (globals.config !== undefined) env["DOCKER_CONFIG"] = resolve(globals.config);
  return env;
}

/** @throws CalaError `option-value-invalid` */
function furtherStoreOf(option: string): string {
  const path = /^(?:[a-z]+\.)?additionalimagestore=(.+)$/.exec(option)?.[1];
  if (path === undefined) throw new CalaError("option-value-invalid", `invalid value "${option}" for --storage-opt: only additionalimagestore=DIR is known`);
  return resolve(path);
}
