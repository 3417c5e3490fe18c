import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { defaultRoutes } from "../../../core/host/routes.ts";

const dir = mkdtempSync(join(tmpdir(), "cala-routes-"));
mkdirSync(join(dir, "net"));
test.after(() => rmSync(dir, { recursive: true }));

function routes(ipv4: string, ipv6: string): { ipv4: boolean; ipv6: boolean } {
  writeFileSync(join(dir, "net/route"), `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n${ipv4}`);
  writeFileSync(join(dir, "net/ipv6_route"), ipv6);
  return defaultRoutes(dir);
}
const zero = "0".repeat(32);

test("default routes of both families", () => {
  const six = `${zero} 00 ${zero} 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth0\n`;
  assert.equal(routes("eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n", six), { ipv4: true, ipv6: true });
});
test("a route to a network, the reject route on lo, half the world", () => {
  const reject = `${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo\n`;
  assert.equal(routes("eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", reject), { ipv4: false, ipv6: false });
  assert.equal(routes("tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n", ""), { ipv4: false, ipv6: false });
});
test("a host without /proc/net", () => assert.equal(defaultRoutes(join(dir, "nothing")), { ipv4: false, ipv6: false }));

test.run();
