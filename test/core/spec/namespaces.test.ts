import { test } from "uvu";
import * as assert from "uvu/assert";
import { ownsNamespace, runtimeNamespaces, type NamespaceChoices } from "../../../core/spec/namespaces.ts";

const fresh = { kind: "private" } as const;
const all: NamespaceChoices = { network: fresh, pid: fresh, ipc: fresh, uts: fresh, cgroup: fresh, user: fresh };

test("new, joined and the host's", () => {
  assert.is(runtimeNamespaces(all).map(({ type }) => type).join(" "), "user pid network ipc uts cgroup mount");
  const mixed = runtimeNamespaces({ ...all, pid: { kind: "host" }, network: { kind: "path", path: "/n" }, ipc: { kind: "none" } });
  assert.equal(mixed.map(({ type, path }) => path ?? type), ["user", "/n", "ipc", "uts", "cgroup", "mount"]);
});
test("a joined namespace is owned only with its user namespace", () => {
  const network = { kind: "path", path: "/proc/5/ns/net" } as const;
  assert.ok(ownsNamespace(fresh, fresh));
  assert.ok(ownsNamespace(network, { kind: "path", path: "/proc/5/ns/user" }));
  assert.not.ok(ownsNamespace(network, { kind: "path", path: "/proc/6/ns/user" }));
  assert.not.ok(ownsNamespace(network, fresh));
  assert.not.ok(ownsNamespace({ kind: "host" }, fresh));
});

test.run();
