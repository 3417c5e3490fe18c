/** Whether this host can reach beyond itself, read from the kernel's route tables. */
import { readTextIfThere } from "../fs/read-json.ts";

/** Whether there is a default route, by family. */
export interface DefaultRoutes {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
}

const rtfUp = 0x1;
const rtfReject = 0x200;

/** Which address families have a default route. `proc` is replaced in tests. */
export function defaultRoutes(proc = "/proc"): DefaultRoutes {
  return {
    ipv4: hasDefaultIpv4(readTextIfThere(`${proc}/net/route`) ?? ""),
    ipv6: hasDefaultIpv6(readTextIfThere(`${proc}/net/ipv6_route`) ?? ""),
  };
}

/** Columns: interface, destination, gateway, flags, reference count, use, metric, mask. */
function hasDefaultIpv4(text: string): boolean {
  return text.split("\n").slice(1).some((line) => {
    const [, destination, , flags, , , , mask] = line.split("\t");
    return destination === "00000000" && mask === "00000000" && isUsable(flags);
  });
}

/** Columns: destination, its prefix length, source, its prefix length, next hop, metric, references, use, flags, interface. */
function hasDefaultIpv6(text: string): boolean {
  return text.split("\n").some((line) => {
    const columns = line.trim().split(/\s+/);
    return columns[0] === "0".repeat(32) && columns[1] === "00" && columns[9] !== "lo" && isUsable(columns[8]);
  });
}

function isUsable(flags: string | undefined): boolean {
  const value = Number.parseInt(flags ?? "0", 16);
  return (value & rtfUp) !== 0 && (value & rtfReject) === 0;
}
