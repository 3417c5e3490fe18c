import { CalaError } from "./error.ts";

const binaryUnits: Readonly<Record<string, number>> = {
  "": 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50,
};

/**
 * Bytes from docker's notation (`512`, `1024M`, `1.5g`, `64KiB`); units are powers of 1024, case does not matter.
 * @throws CalaError `bytes-invalid`
 */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgtp]?)(?:i?b)?$/i.exec(text.trim());
  const unit = match === null ? undefined : binaryUnits[(match[2] ?? "").toLowerCase()];
  if (match === null || unit === undefined) {
    throw new CalaError("bytes-invalid", `size "${text}" is not a number of bytes`, { hint: "use a number with b, k, m, g or t, as in 512m" });
  }
  return Math.floor(Number(match[1]) * unit);
}

function scaled(bytes: number, base: number, units: readonly string[], separator: string): string {
  let value = bytes;
  let index = 0;
  while (value >= base && index < units.length - 1) {
    value /= base;
    index += 1;
  }
  return `${Number(value.toPrecision(3))}${separator}${units[index] ?? ""}`;
}

/** Decimal size as podman and docker print it: `4.26 MB`. `separator` stands between number and unit. */
export function formatBytes(bytes: number, separator = " "): string {
  return scaled(bytes, 1000, ["B", "kB", "MB", "GB", "TB", "PB"], separator);
}

/** Binary size: `64KiB`. */
export function formatBinaryBytes(bytes: number, separator = ""): string {
  return scaled(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"], separator);
}
