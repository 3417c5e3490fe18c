import { test } from "uvu";
import * as assert from "uvu/assert";
import { cdiEdits, checkCdiEdits, checkCdiSpec, isCdiName, type CdiEdits, type CdiSpec } from "../../../core/spec/cdi.ts";

const spec = (kind: string, devices: Readonly<Record<string, CdiEdits>>, containerEdits?: CdiEdits): CdiSpec => ({
  cdiVersion: "0.6.0", kind, devices: Object.entries(devices).map(([name, edits]) => ({ name, containerEdits: edits })), ...(containerEdits === undefined ? {} : { containerEdits }),
});

test("CDI names are told from paths of device nodes", () => {
  for (const name of ["nvidia.com/gpu=all", "vendor.com/class-x=0:1", "a/b=c"]) assert.ok(isCdiName(name), name);
  for (const name of ["/dev/null", "/dev/a:/dev/b", "gpu=all", "nvidia.com/gpu", "nvidia.com/gpu=", "a/b=c d", "/a/b=c"]) assert.not(isCdiName(name), name);
});

test("the edits of a kind come once, before those of its devices; later directories hide earlier ones", () => {
  const library = [
    [{ file: "/etc/cdi/a.json", spec: spec("v/c", { one: { env: ["OLD=1"] }, two: { env: ["TWO=1"] } }, { env: ["COMMON=1"] }) }],
    [{ file: "/run/cdi/a.json", spec: spec("v/c", { one: { env: ["NEW=1"] } }) }],
  ];
  assert.equal(cdiEdits(library, ["v/c=two", "v/c=one", "v/c=two"]).map(({ env }) => env?.[0]), ["COMMON=1", "TWO=1", "NEW=1", "TWO=1"]);
});

test("a device that nobody or that two describe is refused by name, with what there is", () => {
  const file = { file: "/etc/cdi/a.json", spec: spec("v/c", { one: {} }) };
  const code = (library: Parameters<typeof cdiEdits>[0], name: string): unknown => {
    try {
      return cdiEdits(library, [name]);
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  assert.is(code([[file]], "v/c=three"), "cdi-device-unknown");
  assert.is(code([[file, { ...file, file: "/etc/cdi/b.json" }]], "v/c=one"), "cdi-device-ambiguous");
  assert.throws(() => cdiEdits([[file]], ["v/c=three"]), (error: { hint?: string }) => error.hint?.includes("v/c=one") === true);
});

test("descriptions of another shape, and wishes that cannot be met, are refused", () => {
  for (const document of [null, [], { cdiVersion: "0.6.0" }, { cdiVersion: "9.0", kind: "v/c", devices: [] }, { cdiVersion: "0.6.0", kind: "c", devices: [] }, { cdiVersion: "0.6.0", kind: "v/c", devices: [{}] }]) {
    assert.throws(() => checkCdiSpec(document, "x.json"), (error: { code?: string }) => error.code === "cdi-spec-invalid");
  }
  const unsupported: readonly CdiEdits[] = [{ hooks: [{ hookName: "poststop", path: "/x" }] }, { netDevices: [{}] }, { intelRdt: {} }];
  for (const edits of unsupported) assert.throws(() => checkCdiEdits([edits]), (error: { code?: string }) => error.code === "cdi-unsupported");
  checkCdiEdits([{ hooks: [{ hookName: "createContainer", path: "/x" }] }]);
});

test.run();
