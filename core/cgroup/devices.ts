/** `PATH:RATE` and `PATH:WEIGHT` of --device-read-bps and its kind, for the io controller. */
import { statSync } from "node:fs";
import { CalaError, isErrno } from "../base/error.ts";

/** One device and a number for it. */
export interface DeviceAmount {
  readonly path: string;
  /** Bytes or operations per second, or a weight. */
  readonly amount: number;
}

/** `8:0`: the kernel's number of a block device. @throws CalaError `device-unknown` */
export function blockDeviceNumber(path: string): string {
  const { major, minor } = blockDevice(path);
  return `${major}:${minor}`;
}

/** The number in two parts. @throws CalaError `device-unknown` */
export function blockDevice(path: string): { readonly major: number; readonly minor: number } {
  try {
    const stat = statSync(path);
    if (stat.isBlockDevice()) return splitDeviceNumber(stat.rdev);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", "EACCES")) throw error;
    throw new CalaError("device-unknown", `stat ${path}: ${isErrno(error, "EACCES") ? "permission denied" : "no such file or directory"}`, { cause: error });
  }
  throw new CalaError("device-unknown", `"${path}" is not a block device`);
}

/** As glibc's gnu_dev_major and gnu_dev_minor. */
function splitDeviceNumber(rdev: number): { major: number; minor: number } {
  const number = BigInt(rdev);
  return {
    major: Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xfffff000n)),
    minor: Number((number & 0xffn) | ((number >> 12n) & 0xffffff00n)),
  };
}
