import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";
import { haveWorld, world, worldTools } from "./harness/world.ts";
import { testIf } from "../runner/skip.ts";

const test = suite("outside hosts");
const { cala } = await prepareSuite(test, "outside-hosts");

testIf(test, haveWorld, worldTools, "a container sees its client's real address: TCP and UDP, IPv4 and IPv6, default and user networks", async () => {
  const lines = await world(cala, `
host A; cable lan0 $A 198.51.100.1 198.51.100.9; ip route add default via 198.51.100.9
ip -6 addr add fd51::1/64 dev lan0 nodad; on $A ip -6 addr add fd51::9/64 dev up0 nodad; ip -6 route add default via fd51::9
cala network create shop > /dev/null
cala run -d --name plain -p 18080:18080 -p 18080:18080/udp $IMAGE payload peer 18080 > /dev/null
cala run -d --name user --network shop -p 18081:18081 -p 18081:18081/udp $IMAGE payload peer 18081 > /dev/null
cala run -d --name slirp --network slirp4netns -p 18082:18082 -p 18082:18082/udp $IMAGE payload peer 18082 > /dev/null
cala run -d --name gated --egress DENY -p 18083:18083 -p 18083:18083/udp $IMAGE payload peer 18083 > /dev/null
cala run -d --name moved -p 18085:18080 -p 18085:18080/udp $IMAGE payload peer 18080 > /dev/null
cala run -d --name deaf -p 18084:18084 $IMAGE sleep 300 > /dev/null
cala network create --ipv6 --subnet 10.213.9.0/24 --subnet fd99:1::/64 six > /dev/null
cala run -d --name deaf6 --network six:ip6=fd99:1::7 -p 18086:18086 $IMAGE sleep 300 > /dev/null
cala run -d --name own6 --network six:ip6=fd99:1::8 -p 18087:18087 $IMAGE sh -c 'echo own > /index.html; exec httpd -f -h / -p "[fd99:1::8]:18087"' > /dev/null
for port in 18084 18086; do for address in 198.51.100.1 fd51::1; do result $(client $A tcp $address $port 1); done; done
for i in $(seq 60); do page=$(on $A "$NODE" -e 'fetch("http://[fd51::1]:18087/").then((a) => a.text()).then((t) => console.log(t.trim()), (e) => console.log(e.message))'); [ "$page" = own ] && break; sleep 0.5; done; result "$page"
for port in 18080 18081 18082 18083 18085; do
  result $(client $A tcp 198.51.100.1 $port); result $(client $A udp4 198.51.100.1 $port)
  result $(client $A tcp fd51::1 $port); result $(client $A udp6 fd51::1 $port)
done
`);
  // Where nobody listens, a client is told at once, not after minutes.
  for (const line of lines.splice(0, 4)) assert.match(line, /^no answer: .*ECONNRESET/, lines.join("\n"));
  assert.is(lines.shift(), "own");
  assert.ok(lines.length >= 20, lines.join("\n"));
  for (const [index, line] of lines.slice(0, 20).entries()) assert.match(line, index % 4 < 2 ? /^(::ffff:)?198\.51\.100\.9 \d+$/ : /^fd51::9 \d+$/, lines.join("\n"));
});

testIf(test, haveWorld, worldTools, "a changed default route and a replaced resolver file are followed by a container that runs", async () => {
  const lines = await world(cala, `
host A; host B; cable lan0 $A 198.51.100.1 198.51.100.9; cable lan1 $B 203.0.113.1 203.0.113.9
for pid in $A $B; do on $pid ip addr add 192.0.2.77/32 dev lo; done
server $A by-A 7777 192.0.2.77; server $B by-B 7777 192.0.2.77
ip route add default via 198.51.100.9
cala run -d --name web $IMAGE sleep 300 > /dev/null
ask() { cala exec web sh -c "$1" 2>&1 | head -1; }
wait_for() { for i in $(seq 300); do case "$(ask "$2")" in *"$1"*) result yes "$1"; return;; esac; sleep 0.1; done; result no "$1" "$(ask "$2")"; }
say='(echo hello; sleep 1) | timeout 4 nc -w 2 192.0.2.77 7777'
wait_for by-A "$say"
ip route replace default via 203.0.113.9
wait_for by-B "$say"
echo 'nameserver 203.0.113.53' > /etc/new; mv /etc/new /etc/resolv.conf
resolver() { wait_for "$1" 'cat /etc/resolv.conf'; }
resolver 203.0.113.53
mkdir -p /run/one /run/other; echo 'nameserver 203.0.113.54' > /run/one/resolv.conf; ln -s /run/one/resolv.conf /etc/link; mv /etc/link /etc/resolv.conf
resolver 203.0.113.54
echo 'nameserver 203.0.113.55' > /run/one/new; mv /run/one/new /run/one/resolv.conf
resolver 203.0.113.55
echo 'nameserver 203.0.113.56' > /run/other/stub.conf; ln -sfn /run/other/stub.conf /etc/resolv.conf
resolver 203.0.113.56
echo 'nameserver 203.0.113.57' > /run/other/stub.conf
resolver 203.0.113.57
rm /etc/resolv.conf; echo 'nameserver 203.0.113.58' > /etc/resolv.conf
resolver 203.0.113.58
`);
  assert.equal(lines, ["yes by-A", "yes by-B", ...[53, 54, 55, 56, 57, 58].map((last) => `yes 203.0.113.${last}`)]);
});

testIf(test, haveWorld, worldTools, "a container that was started before any interface is up reaches out when the link comes", async () => {
  const lines = await world(cala, `
cala network create shop > /dev/null
cala run -d --name early $IMAGE sleep 300 > /dev/null; cala run -d --name beside --network shop $IMAGE sleep 300 > /dev/null
host A; server $A late 7777 0.0.0.0
cable lan0 $A 198.51.100.1 198.51.100.9; ip route add default via 198.51.100.9; names $A
for name in early beside; do
  for i in $(seq 300); do answer=$(cala exec $name sh -c "(echo hello; sleep 1) | timeout 4 nc -w 2 198.51.100.9 7777" 2>&1 | head -1); [ "$answer" = late ] && break; sleep 0.1; done
  for i in $(seq 300); do asked=$(cala exec $name nslookup -type=a good.example 2>&1 | grep -c 192.0.2.1); [ "$asked" = 1 ] && break; sleep 0.1; done
  result $name "$answer" "$asked"
done
`);
  assert.equal(lines, ["early late 1", "beside late 1"]);
});

/** Asks as much as it can, of names that nobody answers for; makes a file when it is refused for that. */
const flood = `
const { createSocket } = require("node:dgram"), { writeFileSync } = require("node:fs");
const socket = createSocket("udp4");
let number = 0;
socket.on("message", (answer) => { if ((answer[3] & 15) === 2) writeFileSync("/run/refused", ""); });
setInterval(() => {
  for (let i = 0; i < 100; i += 1) {
    const label = "slow" + number++;
    socket.send(Buffer.concat([Buffer.from([number >> 8 & 255, number & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, label.length]), Buffer.from(label), Buffer.from([7]), Buffer.from("example"), Buffer.from([0, 0, 1, 0, 1])]), 53, process.argv[2]);
  }
}, 20);`;

testIf(test, haveWorld, worldTools, "a container that asks the name server as much as it can leaves room for the others", async () => {
  writeFileSync(join(cala.root, "flood.cjs"), flood);
  const lines = await world(cala, `
host A; cable lan0 $A 198.51.100.1 198.51.100.9; ip route add default via 198.51.100.9; names $A
cala network create --dns 198.51.100.9 crowd > /dev/null
cala run -d --name greedy --network crowd $IMAGE sleep 600 > /dev/null
cala run -d --name patient --network crowd $IMAGE sleep 600 > /dev/null
good() { cala exec patient nslookup -type=a good.example 2>&1 | grep -c 192.0.2.1; }
for i in $(seq 120); do [ "$(good)" = 1 ] && break; sleep 0.25; done
on $(cala inspect --format '{{.State.Pid}}' greedy) "$NODE" ${JSON.stringify(join(cala.root, "flood.cjs"))} $(cala network inspect --format '{{range .subnets}}{{.gateway}}{{end}}' crowd) &
for i in $(seq 120); do [ -e /run/refused ] && break; sleep 0.25; done
[ -e /run/refused ] && result the greedy one is refused
for i in 1 2 3 4 5; do result $(good); done
`);
  assert.equal(lines, ["the greedy one is refused", "1", "1", "1", "1", "1"]);
});

test.run();
