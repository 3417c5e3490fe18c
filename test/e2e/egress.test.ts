/** `--egress` against hosts outside, with a name server of theirs. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";
import { haveWorld, world, worldTools } from "./harness/world.ts";
import { testIf } from "../runner/skip.ts";

const test = suite("egress");
const { cala } = await prepareSuite(test, "egress");

/** Hosts outside: 192.0.2.1 and what ends with ::1 are good; the near host has a server, too. Parts run side by side, each in containers of its own. */
const outside = `
host A; cable lan0 $A 198.51.100.1 198.51.100.9; ip route add default via 198.51.100.9
ip -6 addr add fd51::1/64 dev lan0 nodad; on $A ip -6 addr add fd51::9/64 dev up0 nodad; ip -6 route add default via fd51::9
for address in 192.0.2.1/32 192.0.2.2/32 2001:db8:7::1/128 2001:db8:7::2/128; do on $A ip addr add $address dev lo; done
for port in 7777 7778 443 853; do server $A served $port ::; done
server $$ served 7777 127.0.0.1
on $A "$NODE" -e 'require("node:net").createServer((socket) => socket.on("error", () => undefined).pipe(socket)).listen(7779, "::")' &
names $A
start() { name=$1; shift; cala run -d --name $name "$@" $IMAGE sleep 600 > /dev/null; }
asked() { for i in $(seq 120); do case "$(cala exec $1 nslookup -type=$2 good.example 2>&1)" in *$3*) return;; esac; sleep 0.25; done; result "never resolved: $2"; }
# Which of some places answer; all are tried at once, and nobody says anything.
open() { of=$1; shift; cala exec $of sh -c '[ -p /tmp/quiet ] || mkfifo /tmp/quiet; exec 3<>/tmp/quiet; for to; do [ "$(timeout 5 nc -w 3 $to <&3 2>/dev/null | head -n 1)" = served ] && echo "$to" & done; wait' sh "$@" 2>/dev/null | sort | tr '\\n' ,; }
# The same, again until those wanted answer; whatever has ever answered is told.
answer() { in=$1 wanted=$2 ever=; shift 2; for i in $(seq 15); do ever=$(printf '%s' "$ever$(open $in "$@")" | tr , '\\n' | sort -u | tr '\\n' ,); [ "$ever" = "$wanted" ] && break; sleep 0.25; done; echo "$ever"; }
both() { open $1 "192.0.2.1 7777" "192.0.2.2 7777"; }
until_good() { for i in $(seq 60); do seen=$(both $1); case "$seen" in *192.0.2.2*) result "let out: $seen";; *192.0.2.1*) return;; esac; sleep 0.25; done; result never open; }
`;

/** What root in the container tries: other names, other servers, other addresses, IPv6, other routes and a source address of its own. */
const jail = `jail() {
start jail --cap-add all --egress good.example:7777,good.example:7779
asked jail a 192.0.2.1; asked jail aaaa 2001:db8:7::1
result "$(answer jail "2001:db8:7::1 7777,good.example 7777," "good.example 7777" "2001:db8:7::1 7777" "good.example 7778" "192.0.2.2 7777" "2001:db8:7::2 7777" "198.51.100.9 7777" "fd51::9 7777" "198.51.100.9 853" "192.0.2.1 443" "fd51::9 443" "10.0.2.2 7777")"
result $(cala exec jail nslookup -type=a bad.example 2>&1 | grep -c 192.0.2.2) $(cala exec jail nslookup -type=aaaa bad.example 2>&1 | grep -c 2001:db8:7::2)
result $(cala exec jail sh -c "ip route replace default dev eth0; ip -6 route replace default dev eth0; ip addr add 10.0.2.77/24 dev eth0" 2>&1) "$(open jail "192.0.2.2 7777")"
result $(cala exec jail ip route replace 192.0.2.2 via 169.254.1.1 dev eth0 onlink src 10.0.2.77 2>&1) "$(open jail "192.0.2.2 7777")"
}`;

/** A name's addresses are good for as long as the answer says, and a grace; what is connected then goes on. */
const brief = `brief() {
start brief --egress good.example
sed -i 's/^grace .*/grace 6/' $(find /run/world -path "*$(cala inspect --format '{{.Id}}' brief)*" -name gate -type f)
cala exec brief sh -c "mkfifo /tmp/in"
cala exec -d brief sh -c "(exec 3> /tmp/in; sleep 600) & until nc good.example 7779 < /tmp/in > /tmp/out; do sleep 1; done"
for i in $(seq 120); do cala exec brief netstat -tn 2>&1 | grep -q ":7779.*ESTABLISHED" && break; sleep 0.25; done
closed=no; for i in $(seq 240); do [ -z "$(open brief "192.0.2.1 7777" "2001:db8:7::1 7777")" ] && closed=yes && break; sleep 0.25; done; result "an address without an answer is closed: $closed"
cala exec brief sh -c "echo still here > /tmp/in"
for i in $(seq 120); do case "$(cala exec brief cat /tmp/out 2>&1)" in *"still here"*) result what is connected goes on; break;; esac; sleep 0.25; done
result "$(answer brief "good.example 7777," "good.example 7777")"
}`;

/** What is near the host; and a name server that is not the gate's. */
const near = `near() {
start wide --egress 10.0.0.0/8,host.containers.internal:7777
result "$(answer wide "host.containers.internal 7777," "host.containers.internal 7777")"
start closed --egress 10.0.0.0/8,fd51::1
result "$(open closed "10.0.2.2 7777" "198.51.100.9 7777" "fd51::9 7777")"
result $(cala exec wide nslookup -type=a good.example 198.51.100.9 2>&1 | grep -c 192.0.2.1)
}`;

/** The container's own address moves into a network namespace that root in the container has made, with a way through the container's. */
const deep = `deep() {
start deep --cap-add all --egress 192.0.2.1:7777,[2001:db8:7::1]:7777
until_good deep
first=$(cala inspect --format '{{.State.Pid}}' deep)
inside() { nsenter -t $first -U --preserve-credentials -n "$@"; }
nsenter -t $first -U --preserve-credentials -n unshare -n sleep 600 & nested=$!
for i in $(seq 300); do case "$(readlink /proc/$nested/ns/net)" in "$(readlink /proc/self/ns/net)" | "$(readlink /proc/$first/ns/net)") sleep 0.1;; *) break;; esac; done
inside ip link add near0 type veth peer name far0 netns $nested
inside sh -c 'ip addr add 10.0.2.77/32 dev eth0; ip addr del 10.0.2.100/32 dev eth0; ip link set near0 up; ip route add 10.0.2.100 dev near0; echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv4/conf/near0/proxy_arp; echo 1 > /proc/sys/net/ipv4/conf/eth0/proxy_arp'
on $nested sh -c 'ip link set far0 up; ip addr add 10.0.2.100/32 dev far0; ip route add 169.254.1.1 dev far0; ip route add default via 169.254.1.1'
result nested: $(client $nested tcp 192.0.2.1 7777) $(for other in 192.0.2.2 198.51.100.9; do client $nested tcp $other 7777 1 | sed 's/^no answer.*/shut/'; done)
six=$(inside ip -6 -o addr show dev eth0 scope global | sed 's/.*inet6 //; s|/.*||')
inside sh -c "ip -6 addr del $six/128 dev eth0; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding; echo 1 > /proc/sys/net/ipv6/conf/eth0/proxy_ndp; ip -6 neigh add proxy $six dev eth0; ip -6 addr add fe80::1/64 dev near0 nodad; ip -6 route add $six dev near0"
on $nested sh -c "ip -6 addr add $six/128 dev far0 nodad; ip -6 route add default via fe80::1 dev far0"
result nested six: $(client $nested tcp 2001:db8:7::1 7777) $(for other in 2001:db8:7::2 fd51::9; do client $nested tcp $other 7777 1 | sed 's/^no answer.*/shut/'; done)
}`;

/** Its gate is killed, and then what is the gate's way out: it is open for nothing else meanwhile, and for what is allowed soon again. */
const torn = `torn() {
start torn --egress 192.0.2.1:7777
until_good torn
id=$(cala inspect --format '{{slice .Id 0 12}}' torn)
gate() { for p in /proc/[0-9]*; do grep -q ^cala-network $p/cmdline 2>/dev/null && grep -q "$id-gate" $p/cmdline && grep -q "^PPid:.1$" $p/status && basename $p; done; }
way_out() { for p in /proc/[0-9]*; do grep -q "^PPid:.$1$" $p/status 2>/dev/null && grep -qE "^(pasta|passt|slirp4netns)" $p/comm && basename $p; done; }
another() { for i in $(seq 120); do now=$(gate); [ -n "$now" ] && [ "$now" != $1 ] && return; until_good torn; sleep 0.25; done; result no other gate; }
old=$(gate); kill -9 $old; another $old; until_good torn; result the gate is another
old=$(gate); kill -9 $(way_out $old); another $old; until_good torn; result so it is when its way out ends
}`;

testIf(test, haveWorld, worldTools, "--egress by way of pasta and of slirp4netns: only what is allowed resolves and connects, whatever root in the container does", async () => {
  const parts = ["jail", "brief", "near", "deep", "torn"];
  const all = await Promise.all([["pasta", "slirp4netns"], ["slirp4netns", "pasta"]].map(async ([, other]) => await world(cala, [
    `mount --bind /dev/null $(command -v ${other})`, outside, jail, brief, near, deep, torn,
    ...parts.map((part) => `${part} > /run/${part}.out & running_${part}=$!`), ...parts.map((part) => `wait $running_${part}; cat /run/${part}.out`),
  ].join("\n"))));
  for (const lines of all) {
    assert.equal(lines, [
      "2001:db8:7::1 7777,good.example 7777,", "0 0", "", "", "an address without an answer is closed: yes", "what is connected goes on", "good.example 7777,",
      "host.containers.internal 7777,", "", "0", "nested: served shut shut", "nested six: served shut shut", "the gate is another", "so it is when its way out ends",
    ]);
  }
});

testIf(test, haveWorld, worldTools, "--egress on a host without IPv6: the container has none, and nothing waits for it; the first of two name servers is dead; a network joined later tells of its own names only; after a restart without networks the gate comes with the next one", async () => {
  const lines = await world(cala, `
host A; cable lan0 $A 198.51.100.1 198.51.100.9; ip route add default via 198.51.100.9
on $A ip addr add 192.0.2.1/32 dev lo; server $A served 7777 0.0.0.0
names $A
cala run -d --name jail --egress good.example $IMAGE sleep 600 > /dev/null
for i in $(seq 120); do case "$(cala exec jail nslookup -type=a good.example 2>&1)" in *192.0.2.1*) break;; esac; sleep 0.25; done
result $(cala exec jail nslookup -type=aaaa good.example 2>&1 | grep -c 2001:db8)
result $(cala exec jail nslookup -type=aaaa good.example 2>&1 | grep -c "can't find")
# These words where a command says them, else all that it says; it is tried again until it says them.
says() { words=$1; shift; for i in $(seq 15); do said=$("$@" 2>&1); case "$said" in *"$words"*) result "$words"; return;; esac; sleep 0.25; done; result $said; }
says served cala exec jail sh -c "timeout 5 nc -w 3 good.example 7777 < /dev/null"
cala network create --dns 198.51.100.200 --dns 198.51.100.9 slow > /dev/null
says 192.0.2.1 cala run --rm --network slow $IMAGE nslookup -type=a good.example
printf 'nameserver 198.51.100.200\\nnameserver 198.51.100.9\\n' > /etc/resolv.conf; cala network create own > /dev/null
says 192.0.2.1 cala run --rm --network own $IMAGE nslookup -type=a good.example
cala network connect own jail; cala run -d --name other --network own $IMAGE sleep 600 > /dev/null
server=$(cala network inspect --format '{{(index .subnets 0).gateway}}' own)
tells() { cala exec jail nslookup -type=a "$@" 2>&1 | grep -c "^Address: 192.0.2.2"; }
result $(tells bad.example) $(tells bad.example $server) $(cala network reload jail > /dev/null; tells bad.example $server)
says "Address: 10." cala exec jail nslookup -type=a other
cala network disconnect own jail; result $(cala exec jail ls /sys/class/net); cala restart -t 0 jail > /dev/null; result $(cala exec jail ls /sys/class/net)
cala network connect own jail; for i in $(seq 120); do case "$(cala exec jail nslookup -type=a good.example 2>&1)" in *192.0.2.1*) break;; esac; sleep 0.25; done
result $(cala exec jail ls /sys/class/net) $(cala exec jail ip route | grep -c default); says served cala exec jail sh -c "timeout 5 nc -w 3 good.example 7777 < /dev/null"
result $(cala exec jail sh -c "timeout 5 nc -w 3 198.51.100.9 7777 < /dev/null")
`);
  assert.equal(lines, ["0", "0", "served", "192.0.2.1", "192.0.2.1", "0 0 0", "Address: 10.", "lo", "lo", "eth0 lo out0 1", "served", ""]);
});

test.run();
