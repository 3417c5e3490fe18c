import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { zoneData } from "../../../core/container/time-zone.ts";
import { CalaError } from "../../../core/base/error.ts";

const zone = "Europe/Madrid";
const file = `/usr/share/zoneinfo/${zone}`;

const isUnknown = (error: unknown): boolean => error instanceof CalaError && error.code === "time-zone-unknown";

test("a zone is what the host has of it", () => {
  if (existsSync(file)) assert.ok(zoneData(zone).equals(readFileSync(file)));
  else assert.throws(() => zoneData(zone), isUnknown);
});

for (const name of ["Nowhere/Bad", "../../../etc/passwd", "Europe", "", "/etc/localtime", "tzdata.zi"]) test(`"${name}" is no zone`, () => assert.throws(() => zoneData(name), isUnknown));

test.run();
