import { test } from "uvu";
import * as assert from "uvu/assert";
import { freeLevel, labelObstacle, labelsOf, wishesOfLabel, type LabelChoice, type LoadedPolicy, type SelinuxLabels } from "../../../core/security/selinux.ts";

const contexts = `process = "system_u:system_r:container_t:s0"\ncontent = "system_u:object_r:virt_var_lib_t:s0"\nfile = "system_u:object_r:container_file_t:s0"\nro_file="system_u:object_r:container_ro_file_t:s0"\ninit_process = "system_u:system_r:container_init_t:s0"\n`;
const choice: LabelChoice = { wishes: [], level: "s0:c5,c7", contexts, isSystemd: false };
const plain: SelinuxLabels = { process: "system_u:system_r:container_t:s0:c5,c7", file: "system_u:object_r:container_file_t:s0:c5,c7", sharedFile: "system_u:object_r:container_file_t:s0", imageFile: "system_u:object_r:container_ro_file_t:s0" };

test("a level has two categories in their order, which are never the same, and is none that another container has", () => {
  const numbers = [7, 5, 9, 9, 1023, 0, 3, 4];
  const next = (): number => numbers.shift() ?? -1;
  assert.is(freeLevel(new Set(), next), "s0:c5,c7");
  assert.is(freeLevel(new Set(["s0:c0,c1023"]), next), "s0:c3,c4", "the same number twice, then a level that is taken");
  const many = new Set<string>();
  for (let count = 0; count < 2000; count += 1) many.add(freeLevel(many));
  assert.is(many.size, 2000);
  for (const level of many) assert.match(level, /^s0:c(\d|\d\d|\d{3}|10[01]\d|102[0-3]),c\d+$/);
});

test("labels are the policy's with what was asked for, and files share user and level only", () => {
  assert.equal(labelsOf(choice), plain);
  const wishes = ["type:spc_t", "role:r", "user:u", "level:s0:c1,c2", "filetype:f_t", "type:other_t"];
  assert.equal(labelsOf({ ...choice, wishes }), { process: "u:r:other_t:s0:c1,c2", file: "u:object_r:f_t:s0:c1,c2", sharedFile: "u:object_r:f_t:s0", imageFile: "system_u:object_r:container_ro_file_t:s0" });
});

test("systemd has a type of its own, unless a type was asked for or the policy has none", () => {
  assert.is(labelsOf({ ...choice, isSystemd: true })?.process, "system_u:system_r:container_init_t:s0:c5,c7");
  assert.is(labelsOf({ ...choice, isSystemd: true, wishes: ["type:mine_t"] })?.process, "system_u:system_r:mine_t:s0:c5,c7");
  assert.is(labelsOf({ ...choice, isSystemd: true, contexts: contexts.replace("init_process", "other") })?.process, plain.process);
});

test("the caller's user and role may stand in for the policy's, of the process alone", () => {
  assert.equal(labelsOf({ ...choice, identity: "unconfined_u:unconfined_r" }), { ...plain, process: "unconfined_u:unconfined_r:container_t:s0:c5,c7" });
});

test("no labels without contexts for containers; another container's label is taken as a whole", () => {
  assert.is(labelsOf({ ...choice, contexts: undefined }), undefined);
  assert.is(labelsOf({ ...choice, contexts: "process = \"short\"\n" }), undefined);
  assert.is(labelsOf({ ...choice, wishes: wishesOfLabel("u:r:t_t:s0:c8,c9") })?.process, "u:r:t_t:s0:c8,c9");
  assert.equal(wishesOfLabel(""), []);
});

/** A policy that allows everything to everybody. */
const policy: LoadedPolicy = { isEnforcing: true, ownContext: "u:r:user_t:s0-s0:c0.c1023", knows: () => true, allows: () => true };

test("what the loaded policy does not know, or forbids, stands in the way of labels, with the fix", () => {
  assert.is(labelObstacle(plain, policy), undefined);
  for (const label of Object.values(plain)) assert.equal(labelObstacle(plain, { ...policy, knows: (context) => context !== label })?.fix, "install the package container-selinux", label);
  for (const refused of ["u:r:user_t:s0-s0:c0.c1023 system_u:system_r:container_t:s0:c5,c7 process transition", `${plain.process} ${plain.file} file entrypoint`, `u:r:user_t:s0-s0:c0.c1023 ${plain.imageFile} file relabelto`, `u:r:user_t:s0-s0:c0.c1023 ${plain.sharedFile} dir relabelto`]) {
    const allows = (...need: readonly string[]): boolean => need.join(" ") !== refused;
    assert.match(labelObstacle(plain, { ...policy, allows })?.fix ?? "", /chcon -t container_runtime_exec_t PROGRAM/, refused);
    assert.is(labelObstacle(plain, { ...policy, allows, isEnforcing: false }), undefined, "nothing is forbidden where it is not enforced");
  }
  assert.match(labelObstacle(plain, { ...policy, ownContext: undefined })?.reason ?? "", /cannot be read/);
});

test.run();
