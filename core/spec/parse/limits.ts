/** `--memory`, `--cpus` and their kind, in the units of `LimitsRequest`. */
import { CalaError, messageOf } from "../../base/error.ts";
import { parseBytes } from "../../base/bytes.ts";
import type { DeviceAmount } from "../../cgroup/devices.ts";
import { controllerOfFile } from "../../cgroup/limits.ts";
import type { CgroupRequest } from "../../cgroup/place.ts";

/** Bytes; zero, docker's word for unlimited, is undefined. @throws CalaError `limit-invalid` */
export function parseMemory(text: string, option = "memory"): number | undefined {
  try {
    const bytes = parseBytes(text);
    return bytes === 0 ? undefined : bytes;
  } catch (error) {
    throw new CalaError("limit-invalid", `invalid value "${text}" for --${option}: ${messageOf(error)}`, { cause: error, hint: `write --${option} 512m` });
  }
}

/** Bytes of memory plus swap; -1 is unlimited. @throws CalaError `limit-invalid` */
export function parseMemorySwap(text: string): number | undefined {
  return text.trim() === "-1" ? -1 : parseMemory(text, "memory-swap");
}

/** Processors as a fraction; zero is undefined: no limit. @throws CalaError `limit-invalid` */
export function parseCpus(text: string): number | undefined {
  const cpus = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isNaN(cpus)) throw new CalaError("limit-invalid", `invalid value "${text}" for --cpus: it must be a number such as 1.5`);
  if (cpus !== 0 && cpus < 0.01) throw new CalaError("limit-invalid", `invalid value "${text}" for --cpus: the least is 0.01`);
  return cpus === 0 ? undefined : cpus;
}

/** A list of processors or memory nodes: `0-3,8`. @throws CalaError `limit-invalid` */
export function parseCpuset(text: string, option: string): string {
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) {
    throw new CalaError("limit-invalid", `invalid value "${text}" for --${option}: write numbers and ranges, as 0-3,8`);
  }
  return text;
}

/** A whole number of at least `least`. @throws CalaError `limit-invalid` */
export function parseWhole(text: string, option: string, least: number): number {
  const number = /^-?\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(number) || number < least) {
    throw new CalaError("limit-invalid", `invalid value "${text}" for --${option}: it must be a whole number of at least ${least}`);
  }
  return number;
}

/** The number of processes; -1 (and docker's 0) is unlimited. @throws CalaError `limit-invalid` */
export function parsePids(text: string): number {
  const pids = parseWhole(text, "pids-limit", -1);
  return pids === 0 ? -1 : pids;
}

/** A weight of 10 to 1000; 0 is none. @throws CalaError `limit-invalid` */
export function parseBlkioWeight(text: string, option = "blkio-weight"): number {
  const weight = parseWhole(text, option, 0);
  if (weight !== 0 && (weight < 10 || weight > 1000)) throw new CalaError("limit-invalid", `invalid value "${text}" for --${option}: the weight must be between 10 and 1000`);
  return weight;
}

/** Bytes or operations per second; 0 is unlimited. @throws CalaError `limit-invalid` */
export function parseRate(text: string, option: string): number {
  if (option.endsWith("iops")) return parseWhole(text, option, 0);
  return parseMemory(text, option) ?? 0;
}

/** `PATH:AMOUNT` of a block device. @throws CalaError `limit-invalid` */
export function parseDeviceAmount(text: string, option: string, parse: (text: string, option: string) => number): DeviceAmount {
  const colon = text.lastIndexOf(":");
  const path = text.slice(0, colon);
  if (colon < 0 || !path.startsWith("/dev/")) throw new CalaError("limit-invalid", `invalid value "${text}" for --${option}: it must be a device and a number, as in /dev/sda:1mb`);
  return { path, amount: parse(text.slice(colon + 1), option) };
}

/** `FILE=VALUE` of --cgroup-conf. @throws CalaError `limit-invalid` */
export function checkCgroupConf(conf: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const file of Object.keys(conf)) controllerOfFile(file);
  return conf;
}

const cgroupModes = ["enabled", "disabled", "no-conmon", "split"] as const;

/** `--cgroups`, `--cgroup-parent` and `--strict-limits`; undefined where none was given. @throws CalaError `options-conflict` */
export function parseCgroupRequest(given: { readonly mode: string | undefined; readonly parent: string | undefined; readonly strict: boolean }): CgroupRequest | undefined {
  const { parent, strict } = given;
  const mode = cgroupModes.find((known) => known === given.mode);
  if (given.mode !== undefined && mode === undefined) throw new CalaError("option-value-invalid", `invalid value "${given.mode}" for --cgroups`, { hint: `use one of ${cgroupModes.join(", ")}` });
  if (parent !== undefined && (mode === "split" || mode === "disabled")) throw new CalaError("options-conflict", `--cgroup-parent cannot be given with --cgroups=${mode}`);
  if (mode === undefined && parent === undefined && !strict) return undefined;
  return { strict, ...(mode === undefined ? {} : { mode }), ...(parent === undefined ? {} : { parent }) };
}
