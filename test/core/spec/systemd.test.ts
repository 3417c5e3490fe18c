import { test } from "uvu";
import * as assert from "uvu/assert";
import { defaultRequest } from "../../../core/spec/request.ts";
import { runsSystemd, withSystemd } from "../../../core/spec/systemd.ts";

const id = "ab".repeat(32);

test("systemd is recognised by its name, or because the user says so", () => {
  for (const word of ["/sbin/init", "/usr/lib/systemd/systemd", "systemd"]) assert.ok(runsSystemd("true", [word]), word);
  assert.not(runsSystemd("true", ["sh", "/sbin/init"]));
  assert.not(runsSystemd("false", ["/sbin/init"]));
  assert.ok(runsSystemd("always", ["sh"]));
});

test("it gets directories in memory where nothing else is, its stop signal, an id, and a group that it may write", () => {
  const request = withSystemd({ ...defaultRequest("x"), mounts: [{ kind: "tmpfs", target: "/tmp", options: [] }], systemd: { mode: "true", active: false, tmpfsBytes: 5 } }, ["/sbin/init"], id);
  assert.equal(request.mounts.map(({ target }) => target), ["/tmp", "/run", "/run/lock", "/var/log/journal"]);
  assert.equal(request.mounts[1]?.options, ["size=5", "mode=755"]);
  assert.is(request.stopSignal, "SIGRTMIN+3");
  assert.equal(request.env, [`container_uuid=${id.slice(0, 32)}`]);
  assert.equal(request.cgroup, { strict: false, mode: "enabled" });
  assert.ok(request.systemd?.active);
});

test("other programs are left alone, and what was asked for stays", () => {
  const plain = defaultRequest("x");
  assert.is(withSystemd(plain, ["sh"], id), plain);
  const own = withSystemd({ ...plain, stopSignal: "TERM", cgroup: { strict: true, mode: "split" } }, ["/sbin/init"], id);
  assert.is(own.stopSignal, "TERM");
  assert.equal(own.cgroup, { strict: true, mode: "split" });
});

test.run();
