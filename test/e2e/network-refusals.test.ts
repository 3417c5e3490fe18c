/** What a network cannot give: a clear error, or one line at the start, and nothing is lost. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fixtureProgram } from "./harness/programs.ts";
import { prepareSuite } from "./harness/suite.ts";
import { haveWorld, world, worldTools } from "./harness/world.ts";
import { testIf } from "../runner/skip.ts";

const test = suite("network refusals");
const { cala } = await prepareSuite(test, "network-refusals");

testIf(test, haveWorld, worldTools, "ports below 1024 are refused with the exact setting, or published 8000 higher, which is said and shown, or by more where the host's limit is higher; where that one is taken, too, or sockets would be too many, nothing is started", async () => {
  const lines = await world(cala, `
serve() { cala run "$@" $IMAGE payload peer 80; }
result $(serve --rm -p 80:80 2>&1)
result "$(serve -d --name web --low-ports shift -p 80:80 -p 53:53/udp 2>&1 | grep -v '^[0-9a-f]*$' | tr '\\n' ' ')"
result $(cala port web)
result $(cala inspect --format '{{json .NetworkSettings.Ports}}' web)
result $(cala ps --format '{{.Ports}}')
result $(client $$ tcp 127.0.0.1 8080 | cut -d ' ' -f 1)
result $(serve -d --name late --low-ports shift -p 80:80 2>&1 | grep -v ^WARN)
result $(cala ps -a --format '{{.Names}}')
cala restart -t 0 web > /dev/null 2>&1; result $(cala port web)
cala rm -f -t 0 web > /dev/null
result $(serve -d --name both --low-ports shift -p 80:80 -p 8080:81 2>&1 | grep -v ^WARN)
result $(ulimit -n 400; serve -d --name many -p 20000-20199:20000-20199 2>&1)
result $(ulimit -n 400; cala create --name many -p 20000-20187:20000-20187 $IMAGE true > /dev/null && cala rm many)
echo 8500 > /proc/sys/net/ipv4/ip_unprivileged_port_start
result $(serve -d --name high --low-ports shift -p 80:80 2>&1 | grep -v '^[0-9a-f]*$')
result $(cala port high; client $$ tcp 127.0.0.1 9080 | cut -d ' ' -f 1; cala rm -f -t 0 high > /dev/null)
echo 65400 65500 > /proc/sys/net/ipv4/ip_local_port_range; echo 65400 > /proc/sys/net/ipv4/ip_unprivileged_port_start
result $(serve --low-ports shift -p 600:80 2>&1)
result $(cala ps -aq)
`);
  assert.equal(lines, [
    "Error: cannot publish 0.0.0.0:80/tcp: ports below 1024 are for root on this host (--low-ports shift publishes 8080 instead) Hint: sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80",
    ["80/tcp is published on 0.0.0.0:8080/tcp", "53/udp is published on 0.0.0.0:8053/udp"].map((words) => `WARN port ${words}, because ports below 1024 are for root on this host `).join(""),
    "80/tcp -> 0.0.0.0:8080 53/udp -> 0.0.0.0:8053",
    `{"80/tcp":[{"HostIp":"","HostPort":"8080"}],"53/udp":[{"HostIp":"","HostPort":"8053"}]}`,
    "0.0.0.0:8080->80/tcp, 0.0.0.0:8053->53/udp",
    "127.0.0.1", "Error: cannot publish 0.0.0.0:8080/tcp: the port is in use Hint: ss -lnp 'sport = :8080' shows who listens there", "web",
    "80/tcp -> 0.0.0.0:8080 53/udp -> 0.0.0.0:8053",
    "Error: cannot publish 0.0.0.0:8080/tcp twice: for the container's ports 80 and 81",
    "Error: cannot publish 200 ports: that takes 424 open files, and the limit here is 400 (ulimit -Hn) Hint: sudo prlimit --pid $$ --nofile=424:424 raises it for this shell; for good: /etc/security/limits.conf, or publish fewer ports",
    "many", "WARN port 80/tcp is published on 0.0.0.0:9080/tcp, because ports below 8500 are for root on this host", "80/tcp -> 0.0.0.0:9080 127.0.0.1",
    "Error: cannot publish 0.0.0.0:600/tcp: ports below 65400 are for root on this host (and none is left to shift it to) Hint: sudo sysctl -w net.ipv4.ip_unprivileged_port_start=600", "",
  ]);
});

testIf(test, haveWorld, worldTools, "where the kernel refuses to mark packets, clients' addresses are lost; that is said at the start, by inspect and by doctor", async () => {
  const lines = await world(cala, `
poor() { ${JSON.stringify(await fixtureProgram("no-marks"))} cala "$@" 2>&1; }
told() { grep -c '^WARN the container does not see the addresses of clients of its published ports, but its own: Operation not permitted'; }
result $(poor run -d --name web -p 18080:18080 $IMAGE payload peer 18080 | told)
result $(client $$ tcp 127.0.0.1 18080)
result "$(cala inspect --format '{{.State.Error}}' web)"
result $(poor run --rm -p 18081:18081 $IMAGE true | told) $(poor run --rm $IMAGE true | told) $(cala run --rm -p 18081:18081 $IMAGE true | told)
result $(poor doctor -q | grep -c client-addresses-lost) $(cala doctor -q | grep -c client-addresses-lost)
`);
  assert.is(lines.splice(1, 1)[0]?.split(" ")[0], "10.0.2.100");
  assert.equal(lines, ["1", "the container does not see the addresses of clients of its published ports, but its own: Operation not permitted (cala doctor)", "1 0 0", "1 0"]);
});

const many = (count: number, each: (number: number) => readonly string[]): string[] => Array.from({ length: count }, (_, index) => each(index)).flat();
const none = ["--network", "none"] as const;

test("a name of 300 bytes is refused wherever one is given, and what is full says so; nothing is made, and neighbours go on", async () => {
  const long = "a".repeat(300);
  await cala.ok(["network", "create", "shop", "--internal", "--subnet", "10.215.3.0/30"]);
  await cala.ok(["run", "-d", "--name", "first", "--network", "shop", "busybox", "sleep", "300"]);
  const before = await cala.ok(["ps", "-aq"]);
  const refused: readonly (readonly [RegExp, ...string[]])[] = [
    [/is longer than 255 characters/, "run", ...none, "--name", long, "busybox"], [/invalid hostname .*use up to 64/, "run", ...none, "--hostname", long, "busybox"],
    [/cannot be a name in DNS\nHint: .*63 characters/, "run", "--network", "shop", "--network-alias", long, "busybox"], [/cannot be a name in DNS/, "run", "--network", `shop:alias=${long}`, "busybox"],
    [/invalid network name/, "network", "create", long], [/it is neither a name nor an address/, "run", "--egress", `${long}.com`, "busybox"],
    [/no free address is left in subnet 10\.215\.3\.0\/30 of network "shop"\nHint: cala network create --subnet/, "run", "--network", "shop", "busybox"],
    [/there is room for 62/, "run", "--network", "shop", ...many(63, (number) => ["--network-alias", `a${number}`]), "busybox"],
    [/there is room for 16/, "network", "create", "full", "--subnet", "10.215.4.0/24", ...many(17, (number) => ["--route", `10.9.${number}.0/24,10.215.4.7`])],
    [/there is room for 8/, "network", "create", "full", ...many(9, (number) => ["--subnet", `10.215.${number + 8}.0/24`])], [/there is room for 4/, "network", "create", "full", ...many(5, (number) => ["--dns", `192.0.2.${number}`])],
    [/cannot have 5 name servers .*there is room for 4/, "create", "--network", "shop", ...many(5, (number) => ["--dns", `192.0.2.${number}`]), "busybox"],
    [/cannot have 5 name servers .*there is room for 4/, "create", "--egress", "example.com", ...many(5, (number) => ["--dns", `192.0.2.${number}`]), "busybox"],
    [/there is room for 33/, "create", ...many(34, () => ["--network", "shop"]), "busybox"], [/there is room for 256/, "create", "--egress", many(257, (number) => [`n${number}.example`]).join(","), "busybox"],
    [/there is room for 16383/, "create", "--egress", many(100, (number) => [`${`${"b".repeat(60)}.`.repeat(3)}n${number}`]).join(","), "busybox"],
  ];
  for (const [words, ...command] of refused) {
    const done = await cala.fails(command);
    assert.is(done.code, 125, command.join(" ").slice(0, 200));
    assert.match(done.stderr, words);
  }
  assert.is(await cala.ok(["ps", "-aq"]), before);
  assert.is(await cala.ok(["network", "ls", "-q"]), "bridge\nshop");
  const ask = await cala.ok(["exec", "first", "sh", "-c", `nslookup -type=a first | grep -c ^Address`]);
  assert.is(ask, "2");
  assert.is(await cala.ok(["network", "rm", "-f", "-t", "0", "shop"]), "shop");
});

test("a container's name that DNS cannot carry is said, and its alias is found", async () => {
  await cala.ok(["network", "create", "shop", "--internal"]);
  const started = await cala.run(["run", "-d", "--name", "a".repeat(64), "--network", "shop", "--network-alias", "short", "busybox", "sleep", "300"]);
  assert.is(started.code, 0, started.stderr);
  assert.match(started.stderr, /^WARN the other containers do not find this one by its name/);
  assert.match(await cala.ok(["run", "--rm", "--network", "shop", "busybox", "nslookup", "-type=a", "short"]), /^Address: 10\./m);
  await cala.ok(["network", "rm", "-f", "-t", "0", "shop"]);
});

test("network connect: a container that was made without a network, or with the host's, keeps that", async () => {
  await cala.ok(["network", "create", "shop", "--internal"]);
  for (const mode of ["none", "host"]) {
    await cala.ok(["create", "--name", mode, "--network", mode, "busybox", "true"]);
    const refused = await cala.fails(["network", "connect", "shop", mode]);
    assert.is(refused.code, 125);
    assert.match(refused.stderr, new RegExp(`"${mode}".*\nHint: make it with --network NAME`));
  }
  await cala.ok(["rm", "none", "host"]);
  await cala.ok(["network", "rm", "shop"]);
});

test.run();
