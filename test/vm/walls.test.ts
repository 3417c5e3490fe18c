// deadline: 600 s
/** What only root of a host can arrange, in a virtual machine with AppArmor: see walls.sh. Without the machine these tests are skipped. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInMachine } from "./machine.ts";

const tags = { u32: 2, name: 4, string: 5, struct: 7, end: 8 } as const;
const text = (kind: number, value: string): Buffer => { const bytes = Buffer.from(`${value}\0`); return Buffer.concat([Buffer.from([kind, bytes.length, 0]), bytes]); };
const u32 = (value: number): Buffer => { const bytes = Buffer.alloc(5); bytes[0] = tags.u32; bytes.writeUInt32LE(value, 1); return bytes; };

/** A profile without a single rule, as apparmor_parser would pack it (security/apparmor/policy_unpack.c): mode 0 forbids everything, 1 allows and notes it. */
function policy(name: string, mode: 0 | 1): Buffer {
  return Buffer.concat([
    text(tags.name, "version"), u32(7), text(tags.name, "profile"), Buffer.from([tags.struct]), text(tags.string, name),
    text(tags.name, "flags"), Buffer.from([tags.struct]), u32(0), u32(mode), u32(0), Buffer.from([tags.end]), u32(0), u32(0), u32(0), u32(0), Buffer.from([tags.end]),
  ]);
}

const { step, ok } = await runInMachine({
  script: "walls.sh", user: "root", timeoutSeconds: 480, files: { "soft.policy": policy("cala-test-soft", 1), "hard.policy": policy("cala-test-hard", 0) },
});

test("a loaded AppArmor profile is the one that the program and further processes run under", () => {
  for (const name of ["load-soft", "load-hard"]) ok(name);
  assert.match(ok("soft"), /^cala-test-soft\b.*\(complain\)$/);
  const [label, shown, removed] = ok("soft-exec").split("\n");
  assert.match(label ?? "", /^cala-test-soft\b/);
  assert.equal([shown, removed], ["cala-test-soft", "soft"]);
});

test("a profile that forbids is obeyed; unconfined is none; one that is not loaded is refused", () => {
  assert.is.not(step("hard").code, 0);
  assert.not.match(step("hard").text, /root:x:0/);
  assert.match(ok("unconfined"), /^unconfined$/);
  const { code, text: words } = step("missing");
  assert.is(code, 125);
  assert.match(words, /cala-test-none/);
});

for (const [setting, value] of [["user.max_user_namespaces", "28633"], ["kernel.unprivileged_userns_clone", "1"]] as const) {
  test(`with ${setting}=0 on the whole host containers run without namespaces, and the setting is named`, () => {
    const lines = ok(`rung-${setting}`).split("\n");
    assert.equal(lines.filter((line) => !line.startsWith("WARN")), ["0", "5:6", "0"]);
    assert.match(lines.find((line) => line.startsWith("WARN")) ?? "", new RegExp(`${setting} is 0; sudo sysctl -w ${setting}=${value}`));
    assert.match(step(`doctor-${setting}`).text, new RegExp(setting));
  });
}

test("a container's output is in the journal under its name, id and tag, and logs reads it from there", () => {
  for (const name of ["journal-run", "journal-remove"]) ok(name);
  const [id = "", driver] = ok("journal-id").split(" ");
  assert.is(driver, "journald");
  // Between the two streams there is no order.
  const sorted = (name: string): readonly string[] => ok(name).split("\n").sort();
  const written = ["last", "of errors", "to the journal"];
  assert.equal([sorted("journal-logs"), sorted("journal-by-tag")], [written, written]);
  assert.is(ok("journal-tail").split("\n").length, 1);
  assert.equal(sorted("journal-names").map((line) => line.replace(/ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /, " ")).sort(), written.flatMap((line) => [`told ${line}`, `told ${line}`]), "names tell several apart, twice the same one here");
  assert.equal(sorted("journal-apart"), ["last", "to the journal"]);
  const [first, long, last] = ok("journal-follow").split("\n");
  assert.equal([first, long?.length, last], ["one-two", 20_000, "last"], "followed until the end, long lines as one");
  const entries = ok("journal-found").split("\n").map((line) => JSON.parse(line) as Record<string, string>);
  assert.equal(entries.map(({ MESSAGE, PRIORITY }) => [MESSAGE, PRIORITY]).sort(), [["last", "6"], ["of errors", "3"], ["to the journal", "6"]]);
  for (const entry of entries) assert.equal([entry["CONTAINER_ID_FULL"], entry["CONTAINER_ID"], entry["CONTAINER_TAG"], entry["SYSLOG_IDENTIFIER"], entry["_UID"]], [id, id.slice(0, 12), "tagged", "tagged", "1000"]);
});

test("when the setting is back, so are the namespaces", () => {
  assert.match(ok("again"), /^user:\[/);
});

test("a journal that this user may not read is an error that says how it may", () => {
  const { code, text } = step("journal-closed");
  assert.is(code, 125, text);
  assert.match(text, /unread\nError: the log is in the journal, which this user may not read\nHint: .*systemd-journal/);
});

test.run();
