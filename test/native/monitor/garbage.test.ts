// runs: beside others
import { createConnection, type Socket } from "node:net";
import { closeSync, constants, openSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connectControl } from "../../../core/monitor/control.ts";
import { encodeFrame, encodeNumbers, encodeSubscribe, frameTypes } from "../../../core/monitor/frame.ts";
import { flags, until, withStandIn, type StandIn } from "./program.ts";

/** Reproducible noise (mulberry32). */
function noise(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let value = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function connect(dir: string): Promise<Socket> {
  const fd = openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  const socket = createConnection({ path: `/proc/self/fd/${fd}/attach` });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  closeSync(fd);
  socket.on("error", () => undefined);
  return socket;
}

function garbage(random: () => number): Buffer {
  const kind = Math.floor(random() * 8);
  const bytes = Buffer.from(Array.from({ length: Math.floor(random() * 200) }, () => Math.floor(random() * 256)));
  switch (kind) {
    case 0: return bytes;
    case 1: return encodeFrame(frameTypes.stdin, bytes);
    case 2: return encodeFrame(frameTypes.resize, bytes.subarray(0, 5));
    case 3: return encodeFrame(frameTypes.stdin, bytes).subarray(0, Math.floor(random() * 12));
    case 4: return encodeNumbers(frameTypes.signal, 1000 + bytes.length);
    case 5: return Buffer.concat(Array.from({ length: 300 }, () => encodeNumbers(frameTypes.signal, 0)));
    case 6: return Buffer.concat([encodeSubscribe({ stdout: true }), encodeNumbers(frameTypes.resize, 0xffffffff), bytes]);
    default: return Buffer.from([frameTypes.stdin, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  }
}

async function assertWell(container: StandIn): Promise<void> {
  const control = await connectControl(container.dir);
  assert.ok(control);
  await control.signal(0);
  control.close();
}

test("a client that breaks the rules is closed, and only that one", async () => {
  await withStandIn({ command: "while :; do echo chatter; sleep 0.001; done", flags: flags.stdin }, async (container) => {
    container.startDetached();
    const good = await connectControl(container.dir);
    assert.ok(good);
    good.subscribe({ stdout: true });
    for (const bad of [Buffer.alloc(8, 0xff), encodeFrame(frameTypes.stdout), encodeFrame(frameTypes.resize, Buffer.alloc(3)), encodeFrame(99)]) {
      const socket = await connect(container.dir);
      socket.resume();
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.write(bad);
      await closed;
    }
    const heard = await good.frames().next();
    assert.is(heard.done, false);
    await good.signal(0);
    good.close();
  });
});

test("garbage from hundreds of clients does not disturb the container or the log", async () => {
  await withStandIn({ command: "seq 1 20000; exec cat >/dev/null", flags: flags.stdin }, async (container) => {
    container.startDetached();
    const random = noise(20261121);
    for (let round = 0; round < 40; round++) {
      const sockets = await Promise.all(Array.from({ length: 12 }, async () => await connect(container.dir)));
      for (const socket of sockets) {
        if (random() < 0.5) socket.resume();
        for (let piece = 0; piece < 4; piece++) socket.write(garbage(random));
        if (random() < 0.3) socket.end();
      }
      if (round % 8 === 0) await assertWell(container);
      for (const socket of sockets) socket.destroy();
    }
    assert.is(container.state().status, "running");
    await until("everything is logged", () => container.applet("logs", ["--tail", "1"]).stdout.toString() === "20000\n");
    const numbers = container.applet("logs").stdout.toString().trimEnd().split("\n");
    assert.is(numbers.filter((line, index) => line === String(index + 1)).length, 20_000);
    assert.is(numbers.length, 20_000);
  });
});

test("more clients than there are places wait for their turn", async () => {
  await withStandIn({ command: "sleep 60" }, async (container) => {
    container.startDetached();
    const sockets = await Promise.all(Array.from({ length: 100 }, async () => await connect(container.dir)));
    const answers = sockets.map(async (socket) => {
      socket.write(encodeNumbers(frameTypes.signal, 0));
      const answer = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
      socket.destroy();
      return answer.readUInt8(0);
    });
    for (const type of await Promise.all(answers)) assert.is(type, frameTypes.ack);
  });
});

test.run();
