/** `--memory`, `--cpus` and their kind, in the units of `LimitsRequest`. */
import { CalaError, messageOf } from "../../base/error.ts";
import { parseBytes } from "../../base/bytes.ts";

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
