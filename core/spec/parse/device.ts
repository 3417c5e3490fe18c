/** `--device SOURCE[:TARGET][:ACCESS]`. */
import { CalaError } from "../../base/error.ts";
import type { DeviceRequest } from "../request.ts";

/** @throws CalaError `device-invalid` */
export function parseDevice(text: string): DeviceRequest {
  const [source = "", second, third, ...rest] = text.split(":");
  if (rest.length > 0 || !source.startsWith("/")) throw invalid(text);
  if (second === undefined) return { source, target: source, access: "rwm" };
  if (third === undefined && isAccess(second)) return { source, target: source, access: second };
  const access = third ?? "rwm";
  if (!second.startsWith("/") || !isAccess(access)) throw invalid(text);
  return { source, target: second, access };
}

function isAccess(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}

function invalid(text: string): CalaError {
  return new CalaError("device-invalid", `invalid device specification: "${text}"`, { hint: "write --device /dev/NAME[:/dev/NAME][:rwm]" });
}
