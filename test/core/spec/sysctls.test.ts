import { test } from "uvu";
import * as assert from "uvu/assert";
import { containerSysctls } from "../../../core/spec/sysctls.ts";

const fresh = { network: true, ipc: true, uts: true };
const ping = { "net.ipv4.ping_group_range": "0 0" };

test("everybody may ping in a network of the container's own", () => {
  assert.equal(containerSysctls({}, fresh), ping);
  assert.equal(containerSysctls({}, { ...fresh, network: false }), {});
  assert.equal(containerSysctls({ "net/ipv4/ping_group_range": "1 0" }, fresh), { "net.ipv4.ping_group_range": "1 0" });
});
test("namespaced ones", () => {
  const wanted = { "net.ipv4.ip_forward": "1", "kernel.shmmax": "5", "fs.mqueue.msg_max": "20", "kernel.domainname": "x" };
  assert.equal(containerSysctls(wanted, fresh), { ...ping, ...wanted });
});
test("others would reach the host", () => {
  for (const name of ["vm.swappiness", "kernel.pid_max", "kernel.core_pattern", "fs.file-max", "net..ipv4"]) {
    assert.throws(() => containerSysctls({ [name]: "1" }, fresh), (error: Error) => error.message.includes(`"${name}" is not allowed`));
  }
  assert.throws(() => containerSysctls({ "net.x": "1" }, { ...fresh, network: false }), (error: Error) => error.message.includes('"net.x=1"'));
  assert.throws(() => containerSysctls({ "kernel.sem": "1" }, { ...fresh, ipc: false }));
});

test.run();
