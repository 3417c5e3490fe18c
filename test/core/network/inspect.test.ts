import { test } from "uvu";
import * as assert from "uvu/assert";
import { networkSettings, portBindings } from "../../../core/network/inspect.ts";

const ports = [
  { hostIp: "", hostPort: 8080, containerPort: 80, protocol: "tcp" as const },
  { hostIp: "127.0.0.1", hostPort: 8081, containerPort: 80, protocol: "tcp" as const },
];
const record = { networkMode: "pasta", ports, addresses: { ipv4: "10.0.2.100", ipv4PrefixLength: 24, ipv4Gateway: "10.0.2.2" }, exposedPorts: ["80/tcp", "443/tcp"] };

test("bindings by container port", () => {
  assert.equal(portBindings(ports), { "80/tcp": [{ HostIp: "", HostPort: "8080" }, { HostIp: "127.0.0.1", HostPort: "8081" }] });
});
test("exposed ports without a binding are null, addresses are there while it runs", () => {
  const running = networkSettings(record, true);
  assert.equal((running["Ports"] as Record<string, unknown>)["443/tcp"], null);
  assert.is(running["IPAddress"], "10.0.2.100");
  assert.is((running["Networks"] as Record<string, Record<string, unknown>>)["pasta"]?.["Gateway"], "10.0.2.2");
  assert.is(networkSettings(record, false)["IPAddress"], "");
});

test.run();
