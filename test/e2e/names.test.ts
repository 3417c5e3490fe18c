/** Names of containers, asked for while much else goes on. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type * as library from "../../core/index.ts";
import { distDir } from "./harness/places.ts";
import { prepareSuite } from "./harness/suite.ts";

const test = suite("names");
const { cala } = await prepareSuite(test, "names");

const detached = (name: string, network: string): string[] => ["run", "-d", "--name", name, "--network", network, "busybox", "sleep", "600"];
const gatewayOf = async (network: string): Promise<string> => await cala.ok(["network", "inspect", "--format", "{{range .subnets}}{{.gateway}}{{end}}", network]);

test("of 10 000 look-ups none fails while 200 containers come and go, and hostile packets harm nobody", async () => {
  await cala.ok(["network", "create", "lively", "--internal"]);
  await cala.ok(detached("target", "lively"));
  await cala.ok(detached("asker", "lively"));
  const [gateway, address] = [await gatewayOf("lively"), await cala.ok(["exec", "target", "hostname", "-i"])];
  const { openCala } = await import(pathToFileURL(join(distDir, "index.js")).href) as typeof library;
  const engine = openCala({ root: cala.root, env: { ...process.env, ...cala.env } });
  let [started, ended, asked, failed] = [0, 0, 0, 0];
  const comeAndGo = async (): Promise<void> => {
    while (started < 200) {
      const guest = await engine.run({ name: `guest${started++}`, network: { modes: ["lively"] }, image: "busybox", command: ["true"] });
      assert.is(await guest.wait(), 0);
      await guest.remove();
      ended += 1;
    }
  };
  const ask = async (): Promise<void> => {
    for (; asked < 10_000 || ended < 200; asked += 500) failed += Number(await cala.ok(["exec", "asker", "payload", "lookups", "500", "target.dns.cala", address, gateway], { timeoutMs: 240_000 }));
  };
  const hostile = cala.ok(["exec", "target", "sh", "-c", `for i in $(seq 0 400); do head -c $((i * 11)) /dev/urandom | payload datagram ${gateway} 0 > /dev/null; done`], { timeoutMs: 240_000 });
  await Promise.all([ask(), hostile, ...Array.from({ length: 4 }, comeAndGo)]);
  assert.equal([started, ended, failed], [200, 200, 0]);
  await cala.ok(["network", "rm", "--force", "-t", "0", "lively"]);
});

test("a query for a name of 320 bytes is answered with an error, by datagram and by connection, and the next one as ever", async () => {
  await cala.ok(["network", "create", "strict", "--internal"]);
  const gateway = await gatewayOf("strict");
  // Number, flags, one question, nothing else; five labels of 63 bytes; A, IN.
  const query = `\\001\\002\\001\\000\\000\\001\\000\\000\\000\\000\\000\\000${`\\077${"a".repeat(63)}`.repeat(5)}\\000\\000\\001\\000\\001`;
  await cala.ok(detached("asker", "strict"));
  const inAsker = async (script: string): Promise<string> => await cala.ok(["exec", "asker", "sh", "-c", script]);
  const refusal = "010281810000000000000000"; // its number, an answer, format error (RFC 1035, 4.1.1)
  assert.is(await inAsker(`printf '${query}' | payload datagram ${gateway} 20000`), refusal);
  const ask = `mkfifo /tmp/ask; nc ${gateway} 53 < /tmp/ask > /tmp/told & exec 3> /tmp/ask; printf '\\001\\121${query}' >&3; until [ $(stat -c %s /tmp/told) -ge 14 ]; do sleep 0.1; done`;
  assert.is(await inAsker(`${ask}; exec 3>&-; kill $!; hexdump -v -e '1/1 "%02x"' /tmp/told`), `000c${refusal}`);
  assert.match(await inAsker("nslookup -type=a asker.dns.cala | tail -n 2"), /^Address: 10\./);
  await cala.ok(["network", "rm", "--force", "-t", "0", "strict"]);
});

test.run();
