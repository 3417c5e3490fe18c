import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Descriptor, Platform } from "../../../core/oci/image-types.ts";
import { chooseManifest, parsePlatform } from "../../../core/oci/platform.ts";

const entry = (architecture: string, variant?: string, os = "linux"): Descriptor => ({ mediaType: "m", digest: `sha256:${"0".repeat(64)}`, size: 1, platform: { os, architecture, ...(variant === undefined ? {} : { variant }) } });
const amd64: Platform = { os: "linux", architecture: "amd64" };
const armv7: Platform = { os: "linux", architecture: "arm", variant: "v7" };
const arm64: Platform = { os: "linux", architecture: "arm64", variant: "v8" };
const chosen = (entries: readonly Descriptor[], host: Platform, text?: string): Platform | undefined => chooseManifest(entries, text === undefined ? {} : parsePlatform(text), host)?.platform;

test("the host's own platform among others", () => {
  assert.equal(chosen([entry("arm64", "v8"), entry("unknown", undefined, "unknown"), entry("amd64")], amd64), amd64);
});
test("an older arm variant serves a newer machine, the newest first", () => {
  assert.is(chosen([entry("arm", "v5"), entry("arm", "v6")], armv7)?.variant, "v6");
  assert.is(chosen([entry("arm", "v8")], armv7), undefined);
});
test("arm64 with and without its variant is the same", () => {
  assert.is(chosen([entry("arm64")], arm64)?.architecture, "arm64");
  assert.is(chosen([entry("arm64", "v8")], amd64, "linux/arm64")?.variant, "v8");
});
test("nothing fits: nothing is chosen", () => assert.is(chosen([entry("s390x")], amd64), undefined));
test("other spellings of architectures", () => assert.equal(parsePlatform("linux/x86_64"), { os: "linux", architecture: "amd64" }));
test("nonsense is refused", () => {
  assert.throws(() => parsePlatform("a/b/c/d"));
  assert.throws(() => parsePlatform(""));
});

test.run();
