import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ImageDefaults } from "../../../core/spec/image-defaults.ts";
import { groupNames, parseUmask, processArgs, processDirectory, processEnv, processUser, stopSignalName } from "../../../core/spec/process.ts";
import { defaultRequest, type ContainerRequest } from "../../../core/spec/request.ts";

const ask = (fields: Partial<ContainerRequest>): ContainerRequest => ({ ...defaultRequest("img"), ...fields });
const image: ImageDefaults = { Entrypoint: ["/entry"], Cmd: ["serve"], Env: ["PATH=/bin", "A=1"], WorkingDir: "/app", User: "app", StopSignal: "SIGQUIT" };
const args: readonly (readonly [Partial<ContainerRequest>, ImageDefaults, string])[] = [
  [{}, image, "/entry serve"],
  [{ command: ["x", "y"] }, image, "/entry x y"],
  [{ entrypoint: ["/other"] }, image, "/other"],
  [{ entrypoint: ["/other"], command: ["z"] }, image, "/other z"],
  [{ entrypoint: [], command: ["z"] }, image, "z"],
  [{ command: ["z"] }, { Entrypoint: null, Cmd: null }, "z"],
  [{}, { Cmd: ["sh"] }, "sh"],
];
const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const environments: readonly (readonly [Partial<ContainerRequest>, ImageDefaults, string])[] = [
  [{}, {}, `${path} container=cala HOSTNAME=h`],
  [{ terminal: true }, image, "PATH=/bin TERM=xterm container=cala A=1 HOSTNAME=h"],
  [{ env: ["A=2", "B=", "HOSTNAME=me", "A=3"] }, image, "PATH=/bin container=cala A=3 HOSTNAME=me B="],
  [{ unsetEnv: ["A", "container"], env: [] }, image, "PATH=/bin HOSTNAME=h"],
  [{ unsetEnvAll: true, env: ["X=1"] }, image, "HOSTNAME=h X=1"],
];

for (const [fields, defaults, expected] of args) test(`runs "${expected}"`, () => assert.is(processArgs(ask(fields), defaults).join(" "), expected));
test("nothing to run is an error", () => {
  for (const fields of [{}, { entrypoint: [] }]) assert.throws(() => processArgs(ask(fields), {}), (error: Error) => /no command or entrypoint/.test(error.message));
  assert.throws(() => processArgs(ask({ entrypoint: [] }), image), (error: Error) => /no command or entrypoint/.test(error.message));
});
for (const [fields, defaults, expected] of environments) test(`environment ${expected}`, () => assert.is(processEnv(ask(fields), defaults, "h").join(" "), expected));
test("the directory", () => {
  assert.is(processDirectory(ask({}), image), "/app");
  assert.is(processDirectory(ask({ workdir: "/w" }), image), "/w");
  assert.is(processDirectory(ask({}), { WorkingDir: "" }), "/");
  assert.throws(() => processDirectory(ask({ workdir: "w" }), image), (error: Error) => error.message.includes('"w"'));
});
test("the user is carried as written; numbers are known beforehand", () => {
  assert.equal(processUser(ask({}), image), { uid: 0, gid: 0, umask: 0o22, username: "app" });
  assert.equal(processUser(ask({ user: "5:6", groupAdd: ["7", "audio"], umask: "077" }), image), { uid: 5, gid: 6, umask: 0o77, additionalGids: [7], username: "5:6" });
  assert.equal(processUser(ask({}), {}), { uid: 0, gid: 0, umask: 0o22 });
  assert.equal(groupNames(ask({ groupAdd: ["7", "audio"] })), ["audio"]);
  assert.throws(() => parseUmask("99"), (error: Error) => error.message.includes('"99"'));
});
test("the stop signal", () => {
  assert.is(stopSignalName(ask({}), image), "SIGQUIT");
  assert.is(stopSignalName(ask({ stopSignal: "9" }), image), "SIGKILL");
  assert.is(stopSignalName(ask({}), {}), "SIGTERM");
});

test.run();
