import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findProgram } from "../../core/host/find-program.ts";
import { asNamespaceRoot } from "./harness/debian.ts";
import { run } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";
import { testIf } from "../runner/skip.ts";

const test = suite("outside hosts");
const { cala } = await prepareSuite(test, "outside-hosts");
const usable = ["pasta", "slirp4netns", "ip", "nsenter"].every((name) => findProgram(name) !== undefined);
const wanted = "pasta, slirp4netns, iproute2 and nsenter";

/** A client for TCP and UDP, both families: prints what the server says, or why not; asks again until it is answered. */
const client = `
const [kind, host, port, tries] = process.argv.slice(2);
const net = require("node:net"), dgram = require("node:dgram");
let left = Number(tries ?? 40);
const done = (text) => { console.log(text.trim()); process.exit(0); };
const again = (why) => { left -= 1; if (left <= 0) { console.log("no answer: " + why); process.exit(0); } setTimeout(ask, 250); };
function ask() {
  if (kind === "tcp") {
    const socket = net.connect(Number(port), host);
    const patience = setTimeout(() => socket.destroy(new Error("silence")), 2000);
    socket.once("data", (data) => { clearTimeout(patience); done(String(data)); });
    let failed = false;
    socket.on("error", (error) => { clearTimeout(patience); if (!failed) again(error.message); failed = true; });
    return;
  }
  const socket = dgram.createSocket(kind);
  const patience = setTimeout(() => { socket.close(); again("silence"); }, 1000);
  socket.once("message", (data) => { clearTimeout(patience); done(String(data)); });
  socket.once("error", () => undefined);
  socket.send("x", Number(port), host);
}
ask();
`;
/** Answers each connection with one word. */
const server = `require("node:net").createServer((socket) => { socket.on("error", () => undefined); socket.end(process.argv[2] + "\\n"); }).listen(Number(process.argv[3]), process.argv[4]);`;

/**
 * Runs a script as root of a world of its own: it can make hosts (network namespaces), cables (veth) and cala's containers, and nothing
 * of it is left when it ends. Lines that begin with "= " are its results.
 */
async function world(script: string): Promise<string[]> {
  const archive = join(cala.root, "busybox.tar");
  await cala.ok(["pull", "-q", "busybox"]);
  await cala.ok(["save", "-q", "-o", archive, "busybox"]);
  writeFileSync(join(cala.root, "client.cjs"), client);
  writeFileSync(join(cala.root, "server.cjs"), server);
  const prologue = `
set -u
mount -t tmpfs none /run; mkdir -p /run/user /run/etc; export XDG_RUNTIME_DIR=/run/user HOME=/run/user CALA_ROOT=/run/world
cp /etc/passwd /etc/group /etc/nsswitch.conf /etc/hosts /run/etc/ 2>/dev/null; echo 'nameserver 198.51.100.9' > /run/etc/resolv.conf
mount --bind /run/etc /etc
ip link set lo up
host() { unshare -n sleep 600 & eval "$1=$!"; sleep 0.3; nsenter -t $! -n ip link set lo up; }
cable() { ip link add "$1" type veth peer name far; ip addr add "$3/24" dev "$1"; ip link set "$1" up; ip link set far netns "$2"; nsenter -t "$2" -n sh -c "ip link set far name up0; ip addr add $4/24 dev up0; ip link set up0 up"; }
on() { pid=$1; shift; nsenter -t "$pid" -n "$@"; }
client() { pid=$1; shift; on "$pid" "$NODE" ${JSON.stringify(join(cala.root, "client.cjs"))} "$@"; }
server() { pid=$1; shift; on "$pid" "$NODE" ${JSON.stringify(join(cala.root, "server.cjs"))} "$@" & }
result() { echo "= $*"; }
cala load -q -i ${JSON.stringify(archive)} > /dev/null; IMAGE=$(cala images -q | head -1)
`;
  const epilogue = "\ncala rm -f -t 0 --all > /dev/null\n";
  const finished = await run("unshare", [...asNamespaceRoot(), "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", prologue + script + epilogue], {
    timeoutMs: 120_000, env: { PATH: `${join(cala.root, "bin")}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`, NODE: process.execPath, CALA_NODE: process.execPath, LANG: "C.UTF-8" },
  });
  const lines = finished.stdout.split("\n").filter((line) => line.startsWith("= ")).map((line) => line.slice(2));
  if (lines.length === 0) throw new Error(`the world said nothing: ${finished.stdout}${finished.stderr}`);
  return lines.concat(lines.some((line) => line.includes("no answer")) ? [finished.stderr.slice(-2000)] : []);
}

testIf(test, usable, wanted, "a container sees its client's real address: TCP and UDP, IPv4 and IPv6, default and user networks", async () => {
  const lines = await world(`
host A; cable lan0 $A 198.51.100.1 198.51.100.9; ip route add default via 198.51.100.9
ip -6 addr add fd51::1/64 dev lan0 nodad; on $A ip -6 addr add fd51::9/64 dev up0 nodad; ip -6 route add default via fd51::9
cala network create shop > /dev/null
cala run -d --name plain -p 18080:18080 -p 18080:18080/udp $IMAGE payload peer 18080 > /dev/null
cala run -d --name user --network shop -p 18081:18081 -p 18081:18081/udp $IMAGE payload peer 18081 > /dev/null
cala run -d --name slirp --network slirp4netns -p 18082:18082 -p 18082:18082/udp $IMAGE payload peer 18082 > /dev/null
cala run -d --name gated --egress DENY -p 18083:18083 -p 18083:18083/udp $IMAGE payload peer 18083 > /dev/null
cala run -d --name moved -p 18085:18080 -p 18085:18080/udp $IMAGE payload peer 18080 > /dev/null
cala run -d --name deaf -p 18084:18084 $IMAGE sleep 300 > /dev/null
result $(client $A tcp 198.51.100.1 18084 1) $(client $A tcp fd51::1 18084 1)
for port in 18080 18081 18082 18083 18085; do
  result $(client $A tcp 198.51.100.1 $port); result $(client $A udp4 198.51.100.1 $port)
  result $(client $A tcp fd51::1 $port); result $(client $A udp6 fd51::1 $port)
done
`);
  // Where nobody listens, a client is told at once, not after minutes.
  assert.match(lines.shift() ?? "", /^no answer: .*ECONNRESET.* no answer: .*ECONNRESET/, lines.join("\n"));
  assert.ok(lines.length >= 20, lines.join("\n"));
  for (const [index, line] of lines.slice(0, 20).entries()) assert.match(line, index % 4 < 2 ? /^(::ffff:)?198\.51\.100\.9 \d+$/ : /^fd51::9 \d+$/, lines.join("\n"));
});

testIf(test, usable, wanted, "a changed default route and a replaced resolver file are followed by a container that runs", async () => {
  const lines = await world(`
host A; host B; cable lan0 $A 198.51.100.1 198.51.100.9; cable lan1 $B 203.0.113.1 203.0.113.9
for pid in $A $B; do on $pid ip addr add 192.0.2.77/32 dev lo; done
server $A by-A 7777 192.0.2.77; server $B by-B 7777 192.0.2.77
ip route add default via 198.51.100.9
cala run -d --name web $IMAGE sleep 300 > /dev/null
ask() { cala exec web sh -c "$1" 2>&1 | head -1; }
wait_for() { for i in $(seq 30); do case "$(ask "$2")" in *"$1"*) result yes "$1"; return;; esac; sleep 0.1; done; result no "$1" "$(ask "$2")"; }
say='(echo hello; sleep 1) | timeout 4 nc -w 2 192.0.2.77 7777'
wait_for by-A "$say"
ip route replace default via 203.0.113.9
wait_for by-B "$say"
echo 'nameserver 203.0.113.53' > /etc/new; mv /etc/new /etc/resolv.conf
wait_for 203.0.113.53 'cat /etc/resolv.conf'
`);
  assert.equal(lines, ["yes by-A", "yes by-B", "yes 203.0.113.53"]);
});

testIf(test, usable, wanted, "a container that was started before any interface is up reaches out when the link comes", async () => {
  const lines = await world(`
cala run -d --name early $IMAGE sleep 300 > /dev/null
host A; server $A late 7777 0.0.0.0
cable lan0 $A 198.51.100.1 198.51.100.9; ip route add default via 198.51.100.9
for i in $(seq 30); do answer=$(cala exec early sh -c "(echo hello; sleep 1) | timeout 4 nc -w 2 198.51.100.9 7777" 2>&1 | head -1); [ "$answer" = late ] && break; sleep 0.1; done
result "$answer"
`);
  assert.equal(lines, ["late"]);
});

/** A name server at 198.51.100.9: names with "good" are 192.0.2.1 and 2001:db8:7::1, others end with 2; each answer is good for a second. */
const nameServer = `
const socket = require("node:dgram").createSocket("udp4");
socket.on("message", (query, from) => {
  const end = query.indexOf(0, 12) + 5, name = query.toString("latin1", 12, end - 5), last = name.includes("good") ? 1 : 2;
  const data = { 1: [192, 0, 2, last], 28: [0x20, 1, 0xd, 0xb8, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, last] }[query[end - 3]] ?? [];
  const reply = Buffer.concat([query.subarray(0, end), data.length > 0 ? Buffer.from([0xc0, 12, 0, query[end - 3], 0, 1, 0, 0, 0, 1, 0, data.length, ...data]) : Buffer.alloc(0)]);
  reply[2] = 0x81; reply[3] = 0x80; reply.fill(0, 6, 12); reply[7] = data.length > 0 ? 1 : 0;
  socket.send(reply, from.port, from.address);
}).bind(53, "198.51.100.9");`;

for (const [way, other] of [["pasta", "slirp4netns"], ["slirp4netns", "pasta"]] as const) {
  testIf(test, usable, wanted, `--egress by way of ${way}: only what is allowed resolves and connects, whatever root in the container does`, async () => {
    writeFileSync(join(cala.root, "names.cjs"), nameServer);
    const lines = await world(`
mount --bind /dev/null $(command -v ${other})
host A; cable lan0 $A 198.51.100.1 198.51.100.9; ip route add default via 198.51.100.9
ip -6 addr add fd51::1/64 dev lan0 nodad; on $A ip -6 addr add fd51::9/64 dev up0 nodad; ip -6 route add default via fd51::9
for address in 192.0.2.1/32 192.0.2.2/32 2001:db8:7::1/128 2001:db8:7::2/128; do on $A ip addr add $address dev lo; done
for port in 7777 7778 443 853; do server $A served $port ::; done
server $$ served 7777 127.0.0.1
on $A "$NODE" -e 'require("node:net").createServer((socket) => socket.on("error", () => undefined).pipe(socket)).listen(7779, "::")' &
on $A "$NODE" ${JSON.stringify(join(cala.root, "names.cjs"))} &
cala run -d --name jail --cap-add all --egress good.example:7777,good.example:7779 $IMAGE sleep 600 > /dev/null
sed -i 's/^grace .*/grace 5/' $(find /run/world -name gate -type f)
asked() { for i in $(seq 120); do case "$(cala exec jail nslookup -type=$1 good.example 2>&1)" in *$2*) return;; esac; sleep 0.25; done; result "never resolved: $1"; }
asked a 192.0.2.1; asked aaaa 2001:db8:7::1
try() { out=$(cala exec jail sh -c "$1 < /dev/null" 2>&1 | head -1); [ "$out" = served ] && result open || result shut; }
talk="timeout 5 nc -w 3"
try "$talk good.example 7777"
try "nslookup -type=aaaa good.example > /dev/null; $talk 2001:db8:7::1 7777"
for refused in "good.example 7778" "192.0.2.2 7777" "2001:db8:7::2 7777" "198.51.100.9 7777" "fd51::9 7777" "198.51.100.9 853" "192.0.2.1 443" "fd51::9 443" "10.0.2.2 7777"; do try "$talk $refused"; done
result $(cala exec jail nslookup -type=a bad.example 2>&1 | grep -c 192.0.2.2)
result $(cala exec jail nslookup -type=aaaa bad.example 2>&1 | grep -c 2001:db8:7::2)
result $(cala exec jail nslookup -type=a good.example 198.51.100.9 2>&1 | grep -c 192.0.2.1)
cala exec -d jail sh -c "mkfifo /tmp/in; (exec 3> /tmp/in; sleep 600) & nc good.example 7779 < /tmp/in > /tmp/out"
for i in $(seq 120); do cala exec jail netstat -tn 2>&1 | grep -q ":7779.*ESTABLISHED" && break; sleep 0.25; done
cala exec jail nslookup -type=a good.example > /dev/null 2>&1
closed=no; for i in $(seq 240); do case "$(cala exec jail sh -c "$talk 192.0.2.1 7777 < /dev/null; $talk 2001:db8:7::1 7777 < /dev/null" 2>&1)" in *served*) sleep 0.25;; *) closed=yes; break;; esac; done; result "an address without an answer is closed: $closed"
cala exec jail sh -c "echo still here > /tmp/in"
for i in $(seq 120); do case "$(cala exec jail cat /tmp/out 2>&1)" in *"still here"*) result what is connected goes on; break;; esac; sleep 0.25; done
asked a 192.0.2.1
try "$talk good.example 7777"
try "ip route replace default dev eth0; ip -6 route replace default dev eth0; ip addr add 10.0.2.77/24 dev eth0; $talk 192.0.2.2 7777"
try "ip route replace 192.0.2.2 via 169.254.1.1 dev eth0 onlink src 10.0.2.77; $talk 192.0.2.2 7777"
cala run -d --name wide --egress 10.0.0.0/8,host.containers.internal:7777 $IMAGE sleep 600 > /dev/null
result $(cala exec wide sh -c "$talk host.containers.internal 7777 < /dev/null" 2>&1 | head -1)
cala run -d --name closed --egress 10.0.0.0/8,fd51::1 $IMAGE sleep 600 > /dev/null
result $(cala exec closed sh -c "for to in 10.0.2.2 198.51.100.9 fd51::9; do $talk \\$to 7777 < /dev/null; done" 2>&1 | grep -c served)
`);
    const shut = Array.from({ length: 9 }, () => "shut");
    assert.equal(lines, ["open", "open", ...shut, "0", "0", "0", "an address without an answer is closed: yes", "what is connected goes on", "open", "shut", "shut", "served", "0"]);
  });
}

testIf(test, usable, wanted, "--egress on a host without IPv6: the container has none, and nothing waits for it; the first of two name servers is dead", async () => {
  writeFileSync(join(cala.root, "names.cjs"), nameServer);
  const lines = await world(`
host A; cable lan0 $A 198.51.100.1 198.51.100.9; ip route add default via 198.51.100.9
on $A ip addr add 192.0.2.1/32 dev lo; server $A served 7777 0.0.0.0
on $A "$NODE" ${JSON.stringify(join(cala.root, "names.cjs"))} &
cala run -d --name jail --egress good.example $IMAGE sleep 600 > /dev/null
for i in $(seq 120); do case "$(cala exec jail nslookup -type=a good.example 2>&1)" in *192.0.2.1*) break;; esac; sleep 0.25; done
result $(cala exec jail nslookup -type=aaaa good.example 2>&1 | grep -c 2001:db8)
result $(cala exec jail nslookup -type=aaaa good.example 2>&1 | grep -c "can't find")
result $(cala exec jail sh -c "timeout 5 nc -w 3 good.example 7777 < /dev/null" 2>&1 | head -1)
cala network create --dns 198.51.100.200 --dns 198.51.100.9 slow > /dev/null
result $(cala run --rm --network slow $IMAGE nslookup -type=a good.example 2>&1 | grep -c 192.0.2.1)
`);
  assert.equal(lines, ["0", "0", "served", "1"]);
});

test.run();
