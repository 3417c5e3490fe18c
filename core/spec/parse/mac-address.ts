import { CalaError } from "../../base/error.ts";

/** The hardware address of a single network card, in lower case. @throws CalaError `mac-invalid` */
export function parseMacAddress(text: string): string {
  if (/^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/.test(text) && (parseInt(text.slice(0, 2), 16) & 1) === 0) return text.toLowerCase();
  throw new CalaError("mac-invalid", `"${text}" is not the hardware address of a single network card`, { hint: "--mac-address 02:42:ac:11:00:02" });
}
