// runs: beside others
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeExecTemplate } from "../../core/container/exec-template.ts";
import type { ContainerRecord } from "../../core/container/record.ts";
import { currentBootId, processStart } from "../../core/monitor/state.ts";
import { sampleDetails } from "../core/plan/sample.ts";
import { needs } from "../runner/skip.ts";

const built = join(process.cwd(), "dist/cala-native");
needs("the built native program", existsSync(built));

const id = "0123456789abcdef".repeat(4);
const record = { request: { capAdd: [], capDrop: [], privileged: false, groupAdd: [], security: { seccomp: "default" } } } as unknown as ContainerRecord;
const own = { cwd: "/", args: ["sleep"], env: ["A=b"], user: { uid: 0, gid: 0 } };
const alive = { monitorPid: process.pid, monitorStart: processStart(process.pid), pid: process.pid, pidStart: processStart(process.pid) };

interface House {
  /** Directory of the container, which this very process pretends to be. */
  readonly container: string;
  readonly data: string;
  /** The words that Node was started with. */
  readonly node: (words: readonly string[], env?: Record<string, string>) => string[];
  readonly writeState: (change: object) => void;
}

function withHouse(body: (house: House) => void): void {
  const dir = mkdtempSync(join(tmpdir(), "cala-launch-exec-"));
  const data = join(dir, "root/data");
  const container = join(data, "containers", id);
  const writeState = (change: object): void => writeFileSync(join(container, "state"), JSON.stringify({ status: "running", bootId: currentBootId(), ...alive, error: "", ...change }));
  try {
    for (const each of [container, join(data, "names")]) mkdirSync(each, { recursive: true });
    symlinkSync(id, join(data, "names/web"));
    writeFileSync(join(container, "record.json"), "{}");
    writeState({});
    writeExecTemplate(container, record, own, { namespaces: sampleDetails.namespaces, cgroupPaths: [] });
    copyFileSync(built, join(dir, "cala-native"));
    chmodSync(join(dir, "cala-native"), 0o755);
    symlinkSync("cala-native", join(dir, "cala"));
    writeFileSync(join(dir, "node"), '#!/bin/sh\nshift 2\nprintf "%s\\n" "$@"\necho "$CALA_EXEC_TEMPLATE $CALA_EXEC_PROGRAM"\n', { mode: 0o755 });
    body({
      container, data, writeState,
      node(words, env = {}) {
        const all = { CALA_ROOT: join(dir, "root"), CALA_ROOT_OK: "1", CALA_NODE: join(dir, "node"), ...env };
        return spawnSync(join(dir, "cala"), words, { env: all, encoding: "utf8", timeout: 120_000 }).stdout.split("\n").slice(0, -1);
      },
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The plan was run, so that Node was asked for words only: nobody can join the user namespace that he is in. */
const wasRun = (words: readonly string[]): boolean => words[0] === "__explain";

const simple: readonly (readonly string[])[] = [
  ["exec", "web", "true"], ["container", "exec", "web", "true"], ["exec", "-i", "web", "true"], ["exec", "-t", "web", "true"], ["exec", "-it", "web", "true"],
  ["exec", "-ti", "web", "true"], ["exec", "-d", "web", "true"], ["exec", "-i", "-t", "web", "true"], ["exec", "--interactive", "--tty", "--detach", "web", "true"],
  ["exec", "/web", "true"], ["exec", id, "true"], ["exec", "web", "--", "true"], ["exec", "web", "ls", "--help", "-l", ""],
];

for (const words of simple) {
  test(`run at once: cala ${words.join(" ")}`, () => {
    withHouse(({ node, container }) => {
      const said = node(words);
      assert.ok(wasRun(said), said.join(" "));
      assert.is(said[1], container);
    });
  });
}

const others: readonly (readonly string[])[] = [
  ["exec"], ["exec", "web"], ["exec", "-i", "web"], ["exec", "-u", "0", "web", "true"], ["exec", "-e", "A=b", "web", "true"], ["exec", "-ie", "A=b", "web", "true"],
  ["exec", "--tty=false", "web", "true"], ["exec", "--help"], ["exec", "-h", "web", "true"], ["exec", "-l", "true"], ["exec", "--", "web", "true"], ["exec", "-", "web", "true"],
  ["exec", "stranger", "true"], ["exec", id.slice(0, 12), "true"], ["exec", "../names/web", "true"], ["exec", "..", "true"], ["exec", "", "true"],
  ["--log-level", "warn", "exec", "web", "true"], ["container", "web", "true"], ["image", "exec", "web", "true"], ["run", "web", "true"], [],
];

for (const words of others) {
  test(`left to Node: cala ${words.join(" ")}`, () => {
    withHouse(({ node }) => assert.equal(node(words).slice(0, -1), words.length === 0 ? [""] : words));
  });
}

test("the words for a failure are asked for with the program and the kind of the plan", () => {
  withHouse(({ node }) => {
    assert.is(node(["exec", "web", "a b", "c"]).at(-1), "plain a b");
    assert.is(node(["exec", "-t", "web", "sh"]).at(-1), "terminal sh");
    assert.is(node(["exec", "-l", "sh"]).at(-1), " ");
  });
});

test("a container that does not run, or whose files are not as they were written, is left to Node", () => {
  const changes: Readonly<Record<string, (house: House) => void>> = {
    exited: ({ writeState }) => writeState({ status: "exited" }),
    paused: ({ writeState }) => writeState({ status: "paused" }),
    "of another boot": ({ writeState }) => writeState({ bootId: "00000000-0000-0000-0000-000000000000" }),
    "whose monitor has gone": ({ writeState }) => writeState({ monitorStart: 1 }),
    "without process": ({ writeState }) => writeState({ pid: 0 }),
    "never started": ({ container }) => rmSync(join(container, "state")),
    "without record": ({ container }) => rmSync(join(container, "record.json")),
    "without template": ({ container }) => rmSync(join(container, "exec-plan")),
    "with an empty template": ({ container }) => writeFileSync(join(container, "exec-plan"), ""),
    "with a template cut off": ({ container }) => writeFileSync(join(container, "exec-plan"), readFileSync(join(container, "exec-plan")).subarray(0, 300)),
    "with a template of another version": ({ container }) => change(container, (bytes) => bytes.writeUInt32LE(99, 4)),
    "with a template for a container": ({ container }) => change(container, (bytes) => bytes.writeUInt32LE(0, 8)),
    "with a template that is filled in": ({ container }) => change(container, (bytes) => bytes.writeUInt32LE(1, bytes.readUInt32LE(24) + 4)),
  };
  for (const [what, damage] of Object.entries(changes)) {
    withHouse((house) => {
      assert.ok(wasRun(house.node(["exec", "web", "true"])));
      damage(house);
      assert.not(wasRun(house.node(["exec", "web", "true"])), what);
    });
  }
});

function change(container: string, edit: (bytes: Buffer) => void): void {
  const bytes = readFileSync(join(container, "exec-plan"));
  edit(bytes);
  writeFileSync(join(container, "exec-plan"), bytes);
}

test("a template is removed where each exec needs Node", () => {
  const profile = { request: { ...record.request, security: { seccomp: "/some/profile.json" } } } as ContainerRecord;
  withHouse(({ container, node }) => {
    for (const [who, cgroupPaths] of [[profile, []], [record, ["/sys/fs/cgroup/some"]]] as const) {
      writeExecTemplate(container, who, own, { namespaces: sampleDetails.namespaces, cgroupPaths });
      assert.not(existsSync(join(container, "exec-plan")));
      assert.not(wasRun(node(["exec", "web", "true"])));
      writeExecTemplate(container, record, own, { namespaces: sampleDetails.namespaces, cgroupPaths: [] });
      assert.ok(wasRun(node(["exec", "web", "true"])));
    }
  });
});

test("the data directory is found as Node finds it", () => {
  withHouse(({ data, node }) => {
    const home = join(data, "home");
    mkdirSync(join(home, ".local/share"), { recursive: true });
    symlinkSync(data, join(home, ".local/share/cala"));
    const words = ["exec", "web", "true"];
    assert.ok(wasRun(node(words, { CALA_ROOT: "", HOME: home })));
    assert.ok(wasRun(node(words, { CALA_ROOT: "", HOME: "/nowhere", XDG_DATA_HOME: join(home, ".local/share") })));
    assert.not(wasRun(node(words, { CALA_ROOT: "", HOME: home, XDG_DATA_HOME: "relative" })));
    assert.not(wasRun(node(words, { CALA_ROOT: "relative", HOME: home })));
    assert.not(wasRun(node(words, { CALA_ROOT: "", HOME: "" })));
    assert.not(wasRun(node(words, { CALA_NO_SHORTCUT: "1" })));
  });
});

test.run();
