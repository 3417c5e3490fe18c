import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseExposed, publishedPorts } from "../../../core/network/ports.ts";
import { defaultRequest, type NetworkRequest, type PortRequest } from "../../../core/spec/request.ts";

const port = (hostPort: number, containerPort: number, protocol: PortRequest["protocol"] = "tcp", hostIp = ""): PortRequest => ({ hostIp, hostPort, containerPort, protocol });
const request = (part: Partial<NetworkRequest>): NetworkRequest => ({ ...defaultRequest("i").network, ...part });

test("spellings of an exposed port", () => {
  assert.equal(parseExposed("80"), [{ port: 80, protocol: "tcp" }]);
  assert.equal(parseExposed("53/UDP"), [{ port: 53, protocol: "udp" }]);
  assert.is(parseExposed("8000-8010/tcp").length, 11);
});
test("no exposed port", () => {
  for (const text of ["", "0", "65536", "90-80", "80/icmp", "x", "-80", "80-"]) assert.throws(() => parseExposed(text), /exposed port/, text);
});
test("publish-all adds what is exposed and not published yet", () => {
  const made = publishedPorts(request({ publishAll: true, ports: [port(8080, 80)], expose: ["90/udp"] }), ["80/tcp", "443/tcp"]);
  assert.equal(made, [port(8080, 80), port(0, 443), port(0, 90, "udp")]);
  assert.equal(publishedPorts(request({ expose: ["90"] }), ["80/tcp"]), []);
});
test("the same publication twice is one; two of one host port are a conflict", () => {
  assert.equal(publishedPorts(request({ ports: [port(80, 80), port(80, 80)] }), []), [port(80, 80)]);
  assert.throws(() => publishedPorts(request({ ports: [port(8080, 80), port(8080, 81)] }), []), /cannot publish 0\.0\.0\.0:8080\/tcp twice/);
  assert.throws(() => publishedPorts(request({ ports: [port(8080, 80), port(8080, 81, "tcp", "127.0.0.1")] }), []), /twice/);
  assert.is(publishedPorts(request({ ports: [port(53, 53), port(53, 53, "udp")] }), []).length, 2);
  assert.is(publishedPorts(request({ ports: [port(0, 80), port(0, 80)] }), []).length, 2);
});

test.run();
