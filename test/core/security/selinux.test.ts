import { test } from "uvu";
import * as assert from "uvu/assert";
import { categoriesOf, chooseLabels, labelsOf } from "../../../core/security/selinux.ts";

const contexts = `process = "system_u:system_r:container_t:s0"\ncontent = "system_u:object_r:virt_var_lib_t:s0"\nfile = "system_u:object_r:container_file_t:s0"\nro_file="system_u:object_r:container_ro_file_t:s0"\n`;
const id = "00000005" + "00000001" + "0".repeat(48);

test("two categories in their order, which are never the same", () => {
  assert.is(categoriesOf(id), "c5,c7");
  assert.is(categoriesOf("000003ff" + "00000000" + "0".repeat(48)), "c0,c1023");
  for (let value = 0; value < 3000; value += 1) {
    const [first, second] = categoriesOf(`${"000003ff"}${value.toString(16).padStart(8, "0")}`).split(",").map((word) => Number(word.slice(1)));
    assert.ok(first !== undefined && second !== undefined && first < second && second < 1024, String(value));
  }
});

test("labels are the policy's with what was asked for, and files share user and level only", () => {
  const plain = labelsOf([], id, contexts);
  assert.equal(plain, { process: "system_u:system_r:container_t:s0:c5,c7", file: "system_u:object_r:container_file_t:s0:c5,c7", sharedFile: "system_u:object_r:container_file_t:s0", imageFile: "system_u:object_r:container_ro_file_t:s0" });
  const wishes = ["type:spc_t", "role:r", "user:u", "level:s0:c1,c2", "filetype:f_t", "type:other_t"];
  assert.equal(chooseLabels(wishes, id, contexts), { process: "u:r:other_t:s0:c1,c2", file: "u:object_r:f_t:s0:c1,c2", sharedFile: "u:object_r:f_t:s0", imageFile: "system_u:object_r:container_ro_file_t:s0" });
});

test("none without a wish, with disable, or without contexts; asking for one then is an error", () => {
  assert.is(chooseLabels([], id, contexts), undefined);
  assert.is(chooseLabels(["nested"], id, contexts), undefined);
  assert.is(chooseLabels(["type:a_t", "disable"], id, contexts), undefined);
  assert.is(labelsOf([], id, undefined), undefined);
  assert.is(labelsOf([], id, "process = \"short\"\n"), undefined);
  assert.throws(() => chooseLabels(["type:a_t"], id, undefined), /policy has no contexts for containers/);
});

test.run();
