import { test } from "uvu";
import * as assert from "uvu/assert";
import { defaultMaskedPaths, defaultReadonlyPaths, pathMasks } from "../../../core/security/masks.ts";

const masks = (mask: string[], unmask: string[], privileged = false): ReturnType<typeof pathMasks> => pathMasks({ mask, unmask, privileged });

test("the defaults", () => assert.equal(masks([], []), { masked: defaultMaskedPaths, readonly: defaultReadonlyPaths }));
test("further masks", () => assert.is(masks(["/opt/x", "/proc/acpi"], []).masked.length, defaultMaskedPaths.length + 1));
test("ALL lifts everything but the masks asked for", () => assert.equal(masks(["/opt/x"], ["all"]), { masked: ["/opt/x"], readonly: [] }));
test("paths with wildcards lift both kinds", () => {
  const result = masks([], ["/proc/*", "/sys/firmware/"]);
  assert.equal(result.masked, ["/sys/dev/block", "/sys/devices/virtual/powercap", "/sys/fs/selinux"]);
  assert.equal(result.readonly, []);
});
test("a dot is only a dot", () => assert.is(masks([], ["/proc/k.ore"]).masked.length, defaultMaskedPaths.length));
test("privileged hides nothing", () => assert.equal(masks([], [], true), { masked: [], readonly: [] }));
test("relative paths are refused", () => assert.throws(() => masks(["proc"], []), (error: Error) => error.message.includes('"proc"')));

test.run();
