import { test } from "uvu";
import * as assert from "uvu/assert";
import { decideLabels, type LabelHost } from "../../../core/container/selinux.ts";
import { defaultRequest, type ContainerRequest } from "../../../core/spec/request.ts";

const contexts = `process = "system_u:system_r:container_t:s0"\nfile = "system_u:object_r:container_file_t:s0"\nro_file = "system_u:object_r:container_ro_file_t:s0"\ninit_process = "system_u:system_r:container_init_t:s0"\n`;
const host: LabelHost = { contexts, policy: { isEnforcing: true, ownContext: "unconfined_u:unconfined_r:unconfined_t:s0", knows: () => true, allows: () => true } };
const plain = defaultRequest("busybox");
const labelled = (...labels: string[]): ContainerRequest => ({ ...plain, security: { ...plain.security, labels } });
const others: Readonly<Record<string, string>> = { peer: "system_u:system_r:container_t:s0:c8,c9", bare: "" };
const decide = (request: ContainerRequest, at: LabelHost = host, driver = "overlay"): ReturnType<typeof decideLabels> => decideLabels(request, driver, "s0:c1,c2", at, (name) => others[name] ?? "");

test("a container has the policy's labels with its own categories without asking; one of systemd's has its type", () => {
  assert.equal(decide(plain), { labels: {
    process: "system_u:system_r:container_t:s0:c1,c2", file: "system_u:object_r:container_file_t:s0:c1,c2", sharedFile: "system_u:object_r:container_file_t:s0", imageFile: "system_u:object_r:container_ro_file_t:s0",
  } });
  assert.is(decide({ ...plain, systemd: { mode: "always", active: true } }).labels?.process, "system_u:system_r:container_init_t:s0:c1,c2");
  assert.is(decide(labelled("nested")).labels?.process, "system_u:system_r:container_t:s0:c1,c2");
  assert.is(decide(labelled("type:mine_t")).labels?.process, "system_u:system_r:mine_t:s0:c1,c2");
});

test("with --privileged, label=disable and the host's processes or memory there are none, and nothing is said", () => {
  for (const request of [{ ...plain, privileged: true }, labelled("disable"), labelled("type:mine_t", "disable"), { ...plain, namespaces: { ...plain.namespaces, pid: "host" } }, { ...plain, namespaces: { ...plain.namespaces, ipc: "host" } }]) {
    assert.equal(decide(request), {});
  }
});

test("who shares processes or memory with another container has its label", () => {
  for (const kind of ["pid", "ipc"]) {
    assert.is(decide({ ...plain, namespaces: { ...plain.namespaces, [kind]: "container:peer" } }).labels?.process, "system_u:system_r:container_t:s0:c8,c9", kind);
    assert.is(decide({ ...plain, namespaces: { ...plain.namespaces, [kind]: "container:bare" } }).labels?.process, "system_u:system_r:container_t:s0:c1,c2", kind);
  }
});

test("what stands in the way is told where no label was asked for, and is an error where one was", () => {
  const without = { ...host, contexts: undefined };
  assert.match(decide(plain, without).obstacle?.fix ?? "", /container-selinux/);
  assert.throws(() => decide(labelled("type:mine_t"), without), /policy has no contexts for containers/);
  assert.match(decide(plain, host, "vfs").obstacle?.reason ?? "", /storage driver "vfs"/);
  assert.throws(() => decide(labelled("level:s0:c3,c4"), host, "vfs"), /storage driver "vfs"/);
  const strange = { ...host, policy: { ...host.policy, knows: (context: string) => !context.includes("container_t") } };
  assert.match(decide(plain, strange).obstacle?.reason ?? "", /does not know the label "system_u:system_r:container_t"/);
});

test("where the policy keeps user and role, the caller's own are taken; where it forbids the change of domain, there is no label", () => {
  const keeping = { ...host, policy: { ...host.policy, allows: (source: string, target: string, _class: string, permission: string) => permission !== "transition" || source.split(":").slice(0, 2).join() === target.split(":").slice(0, 2).join() } };
  assert.is(decide(plain, keeping).labels?.process, "unconfined_u:unconfined_r:container_t:s0:c1,c2");
  const closed = { ...host, policy: { ...host.policy, allows: (_source: string, _target: string, _class: string, permission: string) => permission !== "transition" } };
  assert.equal(decide(plain, closed).labels, undefined);
  assert.match(decide(plain, closed).obstacle?.reason ?? "", /forbids unconfined_u:unconfined_r:unconfined_t "transition"/);
  assert.is(decide(labelled("type:mine_t"), closed).labels?.process, "system_u:system_r:mine_t:s0:c1,c2", "who asks gets the kernel's own answer");
});

test.run();
