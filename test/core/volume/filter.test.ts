import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Dirs } from "../../../core/dirs/dirs.ts";
import { volumeFilter } from "../../../core/volume/filter.ts";
import type { VolumeRecord } from "../../../core/volume/record.ts";

const dirs: Dirs = { config: "/nonexistent", data: "/nonexistent", state: "/nonexistent", cache: "/nonexistent", runtime: "/nonexistent" };
const base: VolumeRecord = { version: 1, name: "", driver: "local", createdAt: "2026-01-02T00:00:00.000Z", labels: {}, options: {}, anonymous: false };
const volumes: readonly VolumeRecord[] = [
  { ...base, name: "data", labels: { app: "shop", tier: "db" } },
  { ...base, name: "data2", labels: { app: "blog" }, createdAt: "2026-03-02T00:00:00.000Z" },
  { ...base, name: "mem", options: { type: "tmpfs" } },
  { ...base, name: "f00", anonymous: true },
];
const context = { dirs, isUsed: (name: string) => name === "data" };

const cases: readonly (readonly [string, readonly string[]])[] = [
  ["", ["data", "data2", "mem", "f00"]],
  ["name=data", ["data", "data2"]],
  ["name=^data$", ["data"]],
  ["name=^data$ name=mem", ["data", "mem"]],
  ["name=(", []],
  ["label=app", ["data", "data2"]],
  ["label=app=shop", ["data"]],
  ["label=app label=tier=db", ["data"]],
  ["label=constructor", []],
  ["label!=app", ["mem", "f00"]],
  ["opt=type", ["mem"]],
  ["opt=type=nfs", []],
  ["driver=local name=mem", ["mem"]],
  ["driver=nfs", []],
  ["scope=local", ["data", "data2", "mem", "f00"]],
  ["dangling=true", ["data2", "mem", "f00"]],
  ["dangling=false", ["data"]],
  ["anonymous=1", ["f00"]],
  ["until=2026-02-01", ["data", "mem", "f00"]],
];
for (const [words, expected] of cases) {
  test(`volumes that match "${words}"`, () => {
    const pairs = words.split(" ").filter((word) => word !== "").map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)] as const);
    assert.equal(volumes.filter(volumeFilter(pairs, context)).map(({ name }) => name), expected);
  });
}

for (const [key, value] of [["foo", "bar"], ["dangling", "perhaps"], ["toString", "x"]] as const) {
  test(`${key}=${value} is no filter`, () => assert.throws(() => volumeFilter([[key, value]], context), (error: { code?: string }) => error.code === "filter-invalid"));
}
test("since an unknown volume", () => assert.throws(() => volumeFilter([["since", "nothing"]], context), (error: { code?: string }) => error.code === "volume-unknown"));

test.run();
