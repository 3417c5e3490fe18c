import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, compileExec } from "../../../core/plan/compile.ts";
import { memoryName } from "../../../core/plan/compile-translation.ts";
import { decodePlan, type DecodedPlan } from "../../../core/plan/decode.ts";
import { sampleConfig, sampleDetails } from "./sample.ts";

const translation = { rootfs: "/c/rootfs", alias: "/run/root-abc", hostname: "box", memory: "/c/memory", withoutNetwork: false };
const details = { ...sampleDetails, translation };
const config = {
  ...sampleConfig,
  mounts: [
    ...(sampleConfig.mounts ?? []), { destination: "/mem", type: "tmpfs", source: "tmpfs", options: [] }, { destination: "/dev/shm", type: "bind", source: "/dev/shm", options: ["bind"] },
    { destination: "/ro", type: "bind", source: "/host", options: ["bind", "ro"] },
  ],
};
const plan = decodePlan(compile(config, details).bytes);
const names = (each: DecodedPlan): string[] => each.ops.map((decoded) => decoded.name);
const binds = (each: DecodedPlan): string[] => each.ops.filter(({ name }) => name === "translate-bind").map(({ values }) => `${String(values["source"])}>${String(values["destination"])}`);

test("nothing is mounted, joined or given away, and no namespace is made", () => {
  assert.not(names(plan).some((name) => /^(mount|root|pivot|sysctl|hostname|loopback|capabilities|bounding|nested)/.test(name)));
  const namespaces = plan.ops.find(({ name }) => name === "namespaces");
  assert.is(Number(namespaces?.values["create"]), 0);
  assert.equal(plan.ops.find(({ name }) => name === "outer-map")?.values, { uids: [], gids: [] });
});

test("every path that is a mount elsewhere leads to a path of the host; memory is a directory beside the container", () => {
  const all = binds(plan);
  for (const expected of ["/proc>/proc", "/c/memory/%mem>/mem", "/c/memory/shm>/dev/shm", "/host>/ro", "/dev/null>/dev/null"]) assert.ok(all.includes(expected), `${expected} in ${all.join(" ")}`);
  assert.is(memoryName("/a%/b"), "%a%25%b");
});

test("the supervisor begins after everything is prepared, and before the user's program is looked for", () => {
  const list = names(plan);
  assert.ok(list.indexOf("translate") > list.lastIndexOf("translate-bind"));
  assert.ok(list.indexOf("translate") < list.indexOf("user"));
  assert.is(list.indexOf("translate-root") < list.indexOf("translate-bind"), true);
});

test("a further process has the same paths, and ends with the first one", () => {
  const exec = decodePlan(compileExec({ cwd: "/", args: ["true"], user: { uid: 0, gid: 0 } }, {
    pid: 7, pidStart: 8, monitorPid: 5, monitorStart: 6, namespaces: sampleDetails.namespaces, cgroupPaths: [], init: false, groups: [], keepGroups: false, translation, config,
  }).bytes);
  assert.equal(binds(exec), binds(plan));
  assert.not(names(exec).includes("join"));
  const root = exec.ops.find(({ name }) => name === "translate-root");
  assert.is(Number(root?.values["pid"]), 7);
  assert.is(Number(root?.values["start"]), 8);
});

test.run();
