import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hostAddress, type InterfaceAddresses } from "../../../core/host/address.ts";

const proc = mkdtempSync(join(tmpdir(), "cala-address-"));
mkdirSync(join(proc, "net"));
writeFileSync(join(proc, "net/route"), "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\nwlan0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
test.after(() => rmSync(proc, { recursive: true }));

const entry = (address: string, internal = false) => ({ address, family: address.includes(":") ? "IPv6" : "IPv4", internal });

test("the host's address is that of the default route, IPv4 first, and never loopback", () => {
  const cases: readonly (readonly [InterfaceAddresses, string | undefined])[] = [
    [{ lo: [entry("127.0.0.1", true)] }, undefined],
    [{}, undefined],
    [{ lo: [entry("127.0.0.1", true)], eth0: [entry("192.0.2.1")], wlan0: [entry("fe80::1"), entry("2001:db8::1"), entry("192.0.2.2")] }, "192.0.2.2"],
    [{ eth0: [entry("192.0.2.1")], wlan0: [entry("2001:db8::1")] }, "192.0.2.1"],
    [{ eth0: [entry("2001:db8::2")], wlan0: [entry("fe80::1"), entry("2001:db8::1")] }, "2001:db8::1"],
    [{ wlan0: [entry("fe80::1")] }, undefined],
  ];
  for (const [interfaces, address] of cases) assert.is(hostAddress(interfaces, proc), address);
});

test.run();
