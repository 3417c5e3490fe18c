import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseExpose, parsePublish } from "../../../../core/spec/parse/publish.ts";

const show = (text: string): string => parsePublish(text).map((port) => `${port.hostIp}|${port.hostPort}|${port.containerPort}/${port.protocol}`).join(" ");
const valid: readonly (readonly [string, string])[] = [
  ["80", "|0|80/tcp"], ["8080:80", "|8080|80/tcp"], ["8080:80/udp", "|8080|80/udp"], ["53:53/SCTP", "|53|53/sctp"],
  ["127.0.0.1:8080:80", "127.0.0.1|8080|80/tcp"], ["127.0.0.1::80", "127.0.0.1|0|80/tcp"], [":80", "|0|80/tcp"],
  ["[::1]:8080:80", "::1|8080|80/tcp"], ["[::]::80/udp", "::|0|80/udp"], ["0:80", "|0|80/tcp"],
  ["8000-8002:80-82", "|8000|80/tcp |8001|81/tcp |8002|82/tcp"], ["80-81", "|0|80/tcp |0|81/tcp"], ["65535:65535", "|65535|65535/tcp"],
];
const invalid: readonly (readonly [string, string])[] = [
  ["", "is missing"], ["80:", "is missing"], ["a:80", '"a" is not a port'], ["0", "between 1 and 65535"], ["80:65536", "between 1 and 65535"], ["80:0", "between 1 and 65535"],
  ["8000-8001:80", "2 vs 1"], ["82-80", "ends before"], ["80/icmp", '"icmp"'], ["80/tcp/udp", "slashes"], ["1:2:3:4", "should be"],
  ["host:80:80", '"host" is not an IP'], ["[::1]:80", "container port"], ["300.0.0.1:80:80", '"300.0.0.1"'], ["-1:80", '"-1"'], ["8o:80", '"8o"'],
];

for (const [text, expected] of valid) test(`-p ${text}`, () => assert.is(show(text), expected));
for (const [text, words] of invalid) test(`-p ${text} is refused`, () => assert.throws(() => parsePublish(text), (error: Error) => error.message.includes(words) && error.message.includes(`"${text}"`)));
test("--expose", () => {
  assert.equal(parseExpose("80-81/udp"), ["80/udp", "81/udp"]);
  assert.equal(parseExpose("80"), ["80/tcp"]);
});

test.run();
