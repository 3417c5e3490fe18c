import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fileLimit, requireEnoughFiles } from "../../../core/network/file-limit.ts";
import type { PortRequest } from "../../../core/spec/request.ts";

const test = suite("file limit");
const ports = (count: number, hostIp: string): PortRequest[] => Array.from({ length: count }, (_, index) => ({ hostIp, hostPort: index + 1, containerPort: index + 1, protocol: "tcp" }));

test("the hard limit is what counts, and none that is known is no limit", () => {
  assert.is(fileLimit("Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 20000                files     \n"), 20000);
  assert.is(fileLimit("Max open files            unlimited            unlimited            files     \n"), undefined);
  assert.ok((fileLimit() ?? 1) > 0);
});

test("as many ports as there may be sockets are let through, and one more is refused with what it needs", () => {
  requireEnoughFiles(ports(100, ""), 224, true);
  requireEnoughFiles(ports(200, ""), 224, false);
  requireEnoughFiles(ports(200, "127.0.0.1"), 224, true);
  requireEnoughFiles(ports(65535, ""), Infinity, true);
  assert.throws(() => requireEnoughFiles(ports(101, ""), 224, true), /cannot publish 101 ports: that takes 226 open files, and the limit here is 224/);
  assert.throws(() => requireEnoughFiles(ports(65535, ""), 20000, true), /takes 131094 open files/);
});

test.run();
