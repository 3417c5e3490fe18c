import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { main } from "../../cli/main.ts";
import { memorySink, type Sink } from "../../cli/output/sink.ts";

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(...argv: string[]): Promise<Ran> {
  const [out, err] = [memorySink(), memorySink()];
  const code = await main(argv, { out, err, env: { CALA_ROOT: "/nonexistent/cala-test" } });
  return { code, out: out.text(), err: err.text() };
}

for (const word of ["--version", "-v"]) {
  test(`${word} prints the version`, async () => {
    const { code, out } = await run(word);
    assert.is(code, 0);
    assert.match(out, /^cala version \d+\.\d+\.\d+\n$/);
  });
}

for (const argv of [["--help"], ["-h"], ["help"]]) {
  test(`${argv.join(" ")} lists the commands`, async () => {
    const { code, out, err } = await run(...argv);
    assert.is(code, 0);
    assert.match(out, /Usage:\n {2}cala \[options\] COMMAND\n/);
    assert.match(out, /\n {2}completion +Generate the completion script of a shell\n/);
    assert.not.match(out, /__warm/);
    assert.is(err, "");
  });
}

test("no command at all prints help and fails", async () => {
  const { code, out, err } = await run();
  assert.is(code, 125);
  assert.match(out, /Available Commands:/);
  assert.is(err, "Error: missing command 'cala COMMAND'\n");
});

test("an unknown command is answered with the nearest one", async () => {
  const { code, out, err } = await run("complet");
  assert.is(code, 125);
  assert.is(out, "");
  assert.is(err, `Error: unrecognized command "cala complet"\nHint: did you mean "cala completion"? try 'cala --help'\n`);
});

for (const argv of [["completion", "--help"], ["--help", "completion"], ["help", "completion"], ["completion", "-h"]]) {
  test(`${argv.join(" ")} prints the command's help`, async () => {
    const { code, out } = await run(...argv);
    assert.is(code, 0);
    assert.match(out, /Usage:\n {2}cala completion \[options\] SHELL\n/);
    assert.match(out, /\n {2}-f, --file FILE +Write to FILE/);
  });
}

const failing: readonly (readonly [argv: string, err: string])[] = [
  ["completion", "Error: 'cala completion' takes 1 argument, but got 0\nHint: see 'cala completion --help'\n"],
  ["completion a b", "Error: 'cala completion' takes 1 argument, but got 2\nHint: see 'cala completion --help'\n"],
  ["completion --fil x", `Error: unknown option "--fil"\nHint: did you mean "--file"? see 'cala completion --help'\n`],
  ["completion -f", `Error: option "-f" needs a value\nHint: see 'cala completion --help'\n`],
  ["--bogus completion", `Error: unknown option "--bogus"\nHint: see 'cala --help'\n`],
  ["--log-level loud help", 'Error: invalid value "loud" for -l, --log-level: it is none of trace, debug, info, warn, warning, error, fatal, panic\n'],
  ["--conmon=/usr/bin/conmon help", 'Error: option "--conmon" makes no sense here: cala has a monitor of its own\n'],
];

for (const [argv, wanted] of failing) {
  test(`fails with 125: ${argv}`, async () => {
    const { code, out, err } = await run(...argv.split(" "));
    assert.equal([code, out, err], [125, "", wanted]);
  });
}

test("--log-level=debug shows where an error comes from", async () => {
  assert.match((await run("--log-level=debug", "nope")).err, /\n {4}at /);
  assert.not.match((await run("nope")).err, /\n {4}at /);
});

test("--out sends standard output to a file", async () => {
  const dir = mkdtempSync(join(tmpdir(), "cala-test-"));
  try {
    const { code, out } = await run("--out", join(dir, "out"), "help");
    assert.equal([code, out], [0, ""]);
    assert.match(readFileSync(join(dir, "out"), "utf8"), /Available Commands/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a reader that has gone is no error", async () => {
  const broken: Sink = {
    ...memorySink(),
    write: () => {
      throw Object.assign(new Error("write EPIPE"), { code: "EPIPE", syscall: "write" });
    },
  };
  const err = memorySink();
  assert.is(await main(["help"], { out: broken, err, env: {} }), 0);
  assert.is(err.text(), "");
});

test("__complete offers names of a kind, and nothing for an unknown one", async () => {
  assert.is((await run("__complete", "signals", "KI")).out, "KILL\n");
  assert.equal(await run("__complete", "nonsense", ""), { code: 0, out: "", err: "" });
  assert.equal(await run("__complete", "containers", ""), { code: 0, out: "", err: "" });
});

test.run();
