import { mkdirSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { setProgramDir } from "../../../core/dirs/program.ts";
import { pullImage } from "../../../core/image/pull.ts";
import { readConfig } from "../../../core/image/image-store.ts";
import { imageScratch } from "./image-scratch.ts";

test("the built-in image is made when it is asked for, without a network, and once", async () => {
  const scratch = imageScratch();
  try {
    mkdirSync(join(scratch.directory, "dist"));
    writeFileSync(join(scratch.directory, "dist", "cala-native"), "program");
    setProgramDir(join(scratch.directory, "dist"));
    const first = await pullImage(scratch.engine, { name: "cala-hello", policy: "missing" });
    assert.is(first.reference, "localhost/cala-hello:latest");
    assert.equal(readConfig(scratch.engine.dirs, first.image).config?.Cmd, ["/hello", "hello"]);
    const again = await pullImage(scratch.engine, { name: "localhost/cala-hello", policy: "missing" });
    assert.is(again.image.id, first.image.id);
    assert.is(scratch.layers.applied, 1);
    const [tar] = scratch.layers.tars.values();
    writeFileSync(join(scratch.directory, "layer.tar"), tar ?? "");
    const listing = execFileSync("tar", ["tvf", join(scratch.directory, "layer.tar")], { encoding: "utf8" });
    assert.match(listing, /-rwxr-xr-x 0\/0 +7 .* hello\n/);
  } finally {
    scratch.remove();
  }
});

test.run();
