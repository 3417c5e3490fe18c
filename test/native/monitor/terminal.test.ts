// runs: beside others
import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { flags, standInDir, standInProgram, until, withStandIn, type StandIn } from "./program.ts";

/** The program that gives another one a terminal, from the fixtures of the end-to-end tests. */
function ptyDriver(): string {
  const out = join(standInDir, "pty-driver");
  if (existsSync(out)) return out;
  mkdirSync(join(out, ".."), { recursive: true });
  execFileSync("gcc", ["-O1", "-o", `${out}.${process.pid}`, "test/fixtures/pty-driver.c"]);
  renameSync(`${out}.${process.pid}`, out);
  return out;
}

/** Runs the attach client of a started container on a terminal of 24 × 80. */
function onTerminal(container: StandIn, args: readonly string[] = []): { readonly write: (text: string) => void; readonly resize: (text: string) => void; readonly text: () => string; readonly ended: Promise<number | null> } {
  // The shell shows whether the terminal is as it was when the client has ended.
  const script = 'before=$(stty -g); "$@"; code=$?; [ "$(stty -g)" = "$before" ] && echo "restored $code"; exit $code';
  const child = spawn(ptyDriver(), ["24", "80", "sh", "-c", script, "sh", standInProgram, "attach", container.dir, "--tty", ...args], { stdio: ["pipe", "pipe", "inherit", "pipe"] });
  let text = "";
  child.stdout!.on("data", (piece: Buffer) => (text += piece.toString()));
  const sizes = child.stdio[3] as NodeJS.WritableStream;
  return { write: (typed) => void child.stdin!.write(typed), resize: (size) => void sizes.write(size), text: () => text, ended: new Promise((resolve) => child.once("close", resolve)) };
}

test("a terminal is relayed, resized and restored", async () => {
  await withStandIn({ command: "trap 'stty size' WINCH; echo ready; while :; do read line && echo \"got $line\" && [ \"$line\" = end ] && exit 5; done", flags: flags.tty | flags.stdin }, async (container) => {
    const monitor = container.start();
    closeSync(monitor.fd);
    await until("it runs", () => existsSync(join(container.dir, "attach")) && container.log().includes("ready"));
    const terminal = onTerminal(container);
    // A signal that comes just before the shell reads is handled after the next line only.
    const shows = (size: string) => (): boolean => {
      terminal.write("\r");
      return terminal.text().includes(size);
    };
    await until("the size is passed on", shows("24 80"));
    terminal.resize("30 100\n");
    await until("a change is passed on", shows("30 100"));
    terminal.write("end\r");
    assert.is(await terminal.ended, 5);
    assert.match(terminal.text(), /got end/);
    assert.match(terminal.text(), /restored 5/);
  });
});

test("the detach keys leave the container running", async () => {
  await withStandIn({ command: "echo ready; while read line; do echo \"got $line\"; done", flags: flags.tty | flags.stdin }, async (container) => {
    container.startDetached();
    const terminal = onTerminal(container, ["--detach-keys", "ctrl-a,b"]);
    await until("the client is there", () => {
      terminal.write("x\r");
      return terminal.text().includes("got x");
    });
    terminal.write("\x01c\r"); // only the beginning of the sequence: goes through
    await until("it went through", () => terminal.text().includes("\x01c"));
    terminal.write("\x01b");
    assert.is(await terminal.ended, 0);
    assert.match(terminal.text(), /restored 0/);
    assert.is(container.state().status, "running");
  });
});

test.run();
