/** `--add-host NAME[;NAME]:ADDRESS`. */
import { ipVersion } from "../../base/ip.ts";
import { CalaError } from "../../base/error.ts";

/** One `name:address` per name; `=` may stand for the colon, IPv6 may stand in brackets. @throws CalaError `host-entry-invalid` */
export function parseAddHost(text: string): string[] {
  const match = /^([^:=]+)[:=](.+)$/.exec(text);
  const address = (match?.[2] ?? "").replace(/^\[(.*)\]$/, "$1");
  const names = (match?.[1] ?? "").split(";");
  if (match === null || names.some((name) => !/^[^\s/]+$/.test(name))) {
    throw new CalaError("host-entry-invalid", `bad format for add-host: "${text}"`, { hint: "write --add-host NAME:ADDRESS" });
  }
  if (address !== "host-gateway" && ipVersion(address) === 0) throw new CalaError("host-entry-invalid", `invalid IP address in add-host: "${address}"`);
  return names.map((name) => `${name}:${address}`);
}
