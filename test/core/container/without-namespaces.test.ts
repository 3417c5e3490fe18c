import { test } from "uvu";
import * as assert from "uvu/assert";
import { requestWithoutNamespaces, rungNotice } from "../../../core/container/without-namespaces.ts";
import { defaultRequest, type ContainerRequest } from "../../../core/spec/request.ts";

const obstacle = { reason: "user.max_user_namespaces is 0", fix: "sudo sysctl -w user.max_user_namespaces=28633" };
const plain = defaultRequest("busybox");
const network = (changes: Partial<ContainerRequest["network"]>): Partial<ContainerRequest> => ({ network: { ...plain.network, ...changes } });

test("the default network is the host's, and none stays none", () => {
  assert.equal(requestWithoutNamespaces(plain, obstacle).network.modes, ["host"]);
  assert.equal(requestWithoutNamespaces({ ...plain, ...network({ modes: ["none"] }) }, obstacle).network.modes, ["none"]);
});

const refused: readonly (readonly [string, Partial<ContainerRequest>])[] = [
  ["published port", network({ ports: [{ hostIp: "", hostPort: 0, containerPort: 80, protocol: "tcp" }] })],
  ["network \"blue\"", network({ modes: ["blue"] })],
  ["--egress", network({ egress: ["example.org"] })],
  ["capability", { capAdd: ["NET_ADMIN"] }],
  ["--privileged", { privileged: true }],
  ["--sysctl", { sysctls: { "net.ipv4.ip_forward": "1" } }],
  ["--shm-size", { shmSizeBytes: 1 }],
  ["map of ids", { namespaces: { ...plain.namespaces, idMaps: { uids: ["0:1:1"], gids: [] } } }],
  ["user namespace \"auto\"", { namespaces: { ...plain.namespaces, user: "auto" } }],
  ["pid namespace \"container:x\"", { namespaces: { ...plain.namespaces, pid: "container:x" } }],
  ["type image", { mounts: [{ kind: "image", source: "a", target: "/b", options: [] }] }],
  ["mount option \"idmap\"", { mounts: [{ kind: "bind", source: "/a", target: "/b", options: ["idmap"], createSource: false }] }],
  ["secret as a file", { secrets: [{ kind: "mount", source: "s", target: "/s", uid: 0, gid: 0, mode: 0o444 }] }],
];
for (const [words, changes] of refused) {
  test(`what needs a namespace or a mount is refused with the reason and the fix: ${words}`, () => {
    try {
      requestWithoutNamespaces({ ...plain, ...changes }, obstacle);
      assert.unreachable();
    } catch (error) {
      const { message, code, hint } = error as { message: string; code: string; hint: string };
      assert.is(code, "namespaces-refused");
      assert.ok(message.includes(words) && message.includes(obstacle.reason), message);
      assert.is(hint, obstacle.fix);
    }
  });
}

test("the notice ends with the command that mends it", () => {
  assert.match(rungNotice(obstacle), /no namespaces.*landlock.*; sudo sysctl -w user\.max_user_namespaces=28633$/);
});

test.run();
