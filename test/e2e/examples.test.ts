// deadline: 300 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "examples", ["ubuntu", "base-spark-hadoop"]);

test("cala run -it --name spark_docker -m 1024M --cpus 1 ubuntu", async () => {
  const pty = await cala.pty(["run", "-it", "--name", "spark_docker", "-m", "1024M", "--cpus", "1", "ubuntu"], { timeoutMs: 120_000 });
  pty.write("head -n 1 /etc/os-release; echo sum-$((20+3))\r");
  await pty.expect(/sum-23/, 90_000);
  assert.match(pty.output(), /Debian/);
  const warnings = pty.output().split("\n").filter((line) => /warn/i.test(line));
  assert.ok(warnings.length <= 1, warnings.join("\n"));
  if (warnings.length === 1) assert.match(warnings[0] ?? "", /memory|cpu/);
  pty.write("exit 0\r");
  assert.is(await pty.ended, 0);
  assert.is(await cala.ok(["inspect", "--format", "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}", "spark_docker"]), "1073741824 1000000000");
  await cala.ok(["rm", "spark_docker"]);
});

test("cala container run -t ubuntu top", async () => {
  const pty = await cala.pty(["container", "run", "-t", "--name", "topped", "ubuntu", "top"], { timeoutMs: 60_000 });
  await pty.expect(/PID USER.*COMMAND/, 30_000);
  await pty.expect(/ 1 root .*top/, 30_000);
  // Without -i no key reaches the container; the terminal makes a signal of this one, and that is passed on.
  pty.write("\x03");
  assert.is(await pty.ended, 0);
  await cala.ok(["rm", "topped"]);
});

test("cala run -d -it --name base-spark-volume -v my_datos:/opt/app base-spark-hadoop:latest: the data survive rm", async () => {
  const words = ["run", "-d", "-it", "--name", "base-spark-volume", "-v", "my_datos:/opt/app", "base-spark-hadoop:latest"];
  assert.match(await cala.ok(words), /^[0-9a-f]{64}$/);
  await waitFor("the shell", async () => (await cala.ok(["ps", "--format", "{{.Names}}"])) === "base-spark-volume");
  assert.is(await cala.ok(["exec", "base-spark-volume", "cat", "/opt/app/README"]), "content of the image");
  await cala.ok(["exec", "base-spark-volume", "sh", "-c", "echo kept > /opt/app/data"]);
  await cala.ok(["rm", "-f", "-t", "0", "base-spark-volume"]);
  await cala.ok(words);
  assert.is(await cala.ok(["exec", "base-spark-volume", "cat", "/opt/app/data"]), "kept");
  await cala.ok(["rm", "-f", "-t", "0", "base-spark-volume"]);
});

test.run();
