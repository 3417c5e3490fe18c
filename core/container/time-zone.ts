/** The zone of `--tz`: its data become the container's /etc/localtime, whatever the image has of its own. */
import { readFileSync } from "node:fs";
import { CalaError, reasonOf } from "../base/error.ts";

const zones = "/usr/share/zoneinfo";
const localZone = "/etc/localtime";

/** What the host has of a zone (tzfile(5)). @param zone a name such as `Europe/Madrid`, or `local` @throws CalaError `time-zone-unknown` */
export function zoneData(zone: string): Buffer {
  const isName = /^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/.test(zone);
  const path = zone === "local" ? localZone : `${zones}/${zone}`;
  const data = isName ? readZone(path, zone) : undefined;
  if (data?.subarray(0, 4).toString("latin1") !== "TZif") throw unknown(zone, `"${path}" has no data of a time zone`);
  return data;
}

function readZone(path: string, zone: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unknown(zone, `"${path}": ${reasonOf(error)}`);
  }
}

function unknown(zone: string, reason: string): CalaError {
  return new CalaError("time-zone-unknown", `the time zone "${zone}" is not known here: ${reason}`, { hint: `cala run -e TZ=${zone} …, which the image must know` });
}
