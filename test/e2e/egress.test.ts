/** `--egress` against hosts outside, with a name server of theirs. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";
import { haveWorld, world, worldTools } from "./harness/world.ts";
import { testIf } from "../runner/skip.ts";

const test = suite("egress");
const { cala } = await prepareSuite(test, "egress");

for (const [way, other] of [["pasta", "slirp4netns"], ["slirp4netns", "pasta"]] as const) {
  testIf(test, haveWorld, worldTools, `--egress by way of ${way}: only what is allowed resolves and connects, whatever root in the container does`, async () => {
    const lines = await world(cala, `
mount --bind /dev/null $(command -v ${other})
host A; cable lan0 $A 198.51.100.1 198.51.100.9; ip route add default via 198.51.100.9
ip -6 addr add fd51::1/64 dev lan0 nodad; on $A ip -6 addr add fd51::9/64 dev up0 nodad; ip -6 route add default via fd51::9
for address in 192.0.2.1/32 192.0.2.2/32 2001:db8:7::1/128 2001:db8:7::2/128; do on $A ip addr add $address dev lo; done
for port in 7777 7778 443 853; do server $A served $port ::; done
server $$ served 7777 127.0.0.1
on $A "$NODE" -e 'require("node:net").createServer((socket) => socket.on("error", () => undefined).pipe(socket)).listen(7779, "::")' &
names $A
cala run -d --name jail --cap-add all --egress good.example:7777,good.example:7779 $IMAGE sleep 600 > /dev/null
cala run -d --name brief --egress good.example $IMAGE sleep 600 > /dev/null
sed -i 's/^grace .*/grace 10/' $(find /run/world -path "*$(cala inspect --format '{{.Id}}' brief)*" -name gate -type f)
cala exec brief sh -c "mkfifo /tmp/in"
cala exec -d brief sh -c "(exec 3> /tmp/in; sleep 600) & until nc good.example 7779 < /tmp/in > /tmp/out; do sleep 1; done"
asked() { for i in $(seq 120); do case "$(cala exec jail nslookup -type=$1 good.example 2>&1)" in *$2*) return;; esac; sleep 0.25; done; result "never resolved: $1"; }
asked a 192.0.2.1; asked aaaa 2001:db8:7::1
talk="timeout 5 nc -w 3"
try() { cala exec jail sh -c "$1; out=\\$($talk $2 < /dev/null 2>&1 | head -1); [ \\"\\$out\\" = served ] && echo '= open: $2' || echo '= shut: $2'" 2>&1; }
try true "good.example 7777"
try "nslookup -type=aaaa good.example > /dev/null" "2001:db8:7::1 7777"
cala exec jail sh -c 'for to in "good.example 7778" "192.0.2.2 7777" "2001:db8:7::2 7777" "198.51.100.9 7777" "fd51::9 7777" "198.51.100.9 853" "192.0.2.1 443" "fd51::9 443" "10.0.2.2 7777"; do
  out=$(timeout 5 nc -w 3 $to < /dev/null 2>&1 | head -1); [ "$out" = served ] && echo "= open: $to"; done; echo "= others are shut"' 2>&1
result $(cala exec jail nslookup -type=a bad.example 2>&1 | grep -c 192.0.2.2)
result $(cala exec jail nslookup -type=aaaa bad.example 2>&1 | grep -c 2001:db8:7::2)
result $(cala exec jail nslookup -type=a good.example 198.51.100.9 2>&1 | grep -c 192.0.2.1)
for i in $(seq 120); do cala exec brief netstat -tn 2>&1 | grep -q ":7779.*ESTABLISHED" && break; sleep 0.25; done
closed=no; for i in $(seq 240); do case "$(cala exec brief sh -c "$talk 192.0.2.1 7777 < /dev/null; $talk 2001:db8:7::1 7777 < /dev/null" 2>&1)" in *served*) sleep 0.25;; *) closed=yes; break;; esac; done; result "an address without an answer is closed: $closed"
cala exec brief sh -c "echo still here > /tmp/in"
for i in $(seq 120); do case "$(cala exec brief cat /tmp/out 2>&1)" in *"still here"*) result what is connected goes on; break;; esac; sleep 0.25; done
result $(cala exec brief sh -c "$talk good.example 7777 < /dev/null" 2>&1 | head -1)
try "ip route replace default dev eth0; ip -6 route replace default dev eth0; ip addr add 10.0.2.77/24 dev eth0" "192.0.2.2 7777"
try "ip route replace 192.0.2.2 via 169.254.1.1 dev eth0 onlink src 10.0.2.77" "192.0.2.2 7777"
cala run -d --name wide --egress 10.0.0.0/8,host.containers.internal:7777 $IMAGE sleep 600 > /dev/null
result $(cala exec wide sh -c "$talk host.containers.internal 7777 < /dev/null" 2>&1 | head -1)
cala run -d --name closed --egress 10.0.0.0/8,fd51::1 $IMAGE sleep 600 > /dev/null
result $(cala exec closed sh -c "for to in 10.0.2.2 198.51.100.9 fd51::9; do $talk \\$to 7777 < /dev/null; done" 2>&1 | grep -c served)
`);
    assert.equal(lines, [
      "open: good.example 7777", "open: 2001:db8:7::1 7777", "others are shut", "0", "0", "0", "an address without an answer is closed: yes", "what is connected goes on", "served",
      "shut: 192.0.2.2 7777", "shut: 192.0.2.2 7777", "served", "0",
    ]);
  });
}

testIf(test, haveWorld, worldTools, "--egress on a host without IPv6: the container has none, and nothing waits for it; the first of two name servers is dead", async () => {
  const lines = await world(cala, `
host A; cable lan0 $A 198.51.100.1 198.51.100.9; ip route add default via 198.51.100.9
on $A ip addr add 192.0.2.1/32 dev lo; server $A served 7777 0.0.0.0
names $A
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
